// What payments and delivery do with a batch of commands.
#include "bench/instructions/workload.hpp"
#include "domain/delivery/delivery.hpp"
#include "domain/delivery/rows.hpp"
#include "domain/payments/rows.hpp"

namespace orderflow::bench {
namespace {

// As read for the batch: the accounts are there, the payments are not.
domain::PaymentRecords handle_captures(const std::vector<Course>& courses) {
  domain::PaymentRecords records;
  for (const auto& course : courses) records.add(course.account);
  for (const auto& course : courses) {
    const domain::PaymentContext context{kCourseTime, false, course.facts.trace.correlation_id};
    keep(domain::handle(records, course.payment_command, context).value());
  }
  return records;
}

domain::DeliveryRecords handle_schedules(const std::vector<Course>& courses) {
  static const domain::DeliveryPolicy policy;
  domain::DeliveryRecords records;
  for (const auto& course : courses) {
    const domain::DeliveryContext context{course.facts.order_id, kCourseTime, false,
                                          course.facts.trace};
    keep(domain::handle(records, course.delivery_command, context, policy).value());
  }
  return records;
}

}  // namespace

std::vector<Workload> participant_workloads(const std::vector<Course>& courses) {
  const auto payments = handle_captures(courses);
  const auto deliveries = handle_schedules(courses);
  const auto count = courses.size();
  return {
      all_at_once("handle_captures", count, [courses] { return handle_captures(courses); }),
      all_at_once("write_payments", count,
                  [payments] { return domain::write_payment_records(payments); }),
      all_at_once("handle_schedules", count, [courses] { return handle_schedules(courses); }),
      all_at_once("write_deliveries", count,
                  [deliveries] { return domain::write_delivery_records(deliveries); }),
  };
}

}  // namespace orderflow::bench
