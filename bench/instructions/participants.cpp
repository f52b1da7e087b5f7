// What payments and delivery do with a batch of commands.
#include "bench/instructions/workload.hpp"
#include "domain/delivery/delivery.hpp"
#include "domain/delivery/rows.hpp"
#include "domain/payments/rows.hpp"

namespace orderflow::bench {
namespace {

// As read for the batch: the accounts are there, the payments are not.
domain::PaymentBook decide_captures(const std::vector<Course>& courses) {
  domain::PaymentBook book;
  for (const auto& course : courses) book.add(course.account);
  for (const auto& course : courses) {
    const domain::PaymentContext context{kCourseTime, false, course.facts.trace.correlation_id};
    keep(domain::decide(book, course.payment_command, context).value());
  }
  return book;
}

domain::DeliveryBook decide_schedules(const std::vector<Course>& courses) {
  static const domain::DeliveryPolicy policy;
  domain::DeliveryBook book;
  for (const auto& course : courses) {
    const domain::DeliveryContext context{kCourseTime, false, course.facts.trace};
    keep(domain::decide(book, course.delivery_command, context, policy).value());
  }
  return book;
}

}  // namespace

std::vector<Workload> participant_workloads(const std::vector<Course>& courses) {
  const auto payments = decide_captures(courses);
  const auto deliveries = decide_schedules(courses);
  const auto count = courses.size();
  return {
      all_at_once("decide_captures", count, [courses] { return decide_captures(courses); }),
      all_at_once("write_payments", count,
                  [payments] { return consumers::write_payment_book(payments); }),
      all_at_once("decide_schedules", count, [courses] { return decide_schedules(courses); }),
      all_at_once("write_deliveries", count,
                  [deliveries] { return consumers::write_delivery_book(deliveries); }),
  };
}

}  // namespace orderflow::bench
