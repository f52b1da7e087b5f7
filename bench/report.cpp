#include "bench/report.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderflow::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kScheduled: return "DELIVERY_SCHEDULED";
    case Ending::kPaymentFailed: return "PAYMENT_FAILED";
    case Ending::kCancelled: return "CANCELLED";
    case Ending::kDelivered: return "DELIVERED";
  }
  return "unknown";
}

// Per complete saga; zero when there was none.
double per_saga(std::int64_t total, const PhaseReport& phase) {
  const auto sagas = phase.load.completed;
  return sagas == 0 ? 0 : static_cast<double>(total) / static_cast<double>(sagas);
}

std::string latency_rows(const std::vector<PhaseReport>& phases) {
  std::string text = "latency, ms           sagas/s      p50      p95      p99      max\n";
  const auto row = [&](const std::string& what, double rate, const LatencySummary& latency) {
    text += fmt::format("  {:<18} {:>8.0f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f}\n", what, rate,
                        latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms);
  };
  for (const auto& phase : phases) {
    const std::string clients =
        fmt::format("{} client{}", phase.clients, phase.clients == 1 ? "" : "s");
    row(clients + ": outcome", phase.sagas_per_second(), phase.load.outcome.summary());
    row("  202 answer", phase.accepted_per_second(), phase.load.answer.summary());
  }
  return text;
}

std::string cost_rows(const PhaseReport& phase) {
  std::string text = "cost of a saga\n";
  for (const auto& [name, value] : phase.spent.database) {
    text += fmt::format("  {:<18} {:>10.3f}\n", name, per_saga(value, phase));
  }
  std::int64_t records = 0;
  std::string topics;
  for (const auto& [topic, count] : phase.spent.records) {
    records += count;
    topics += fmt::format("{}{} {:.2f}", topics.empty() ? "" : ", ", topic, per_saga(count, phase));
  }
  return text + fmt::format("  {:<18} {:>10.3f}  ({})\n", "kafka_records", per_saga(records, phase),
                            topics);
}

std::string process_rows(const PhaseReport& phase) {
  std::string text = "process              CPU us/saga    cores   memory MiB\n";
  std::int64_t total = 0;
  const auto row = [&](std::string_view name, std::int64_t cpu_us, const std::string& memory) {
    text += fmt::format("  {:<18} {:>10.0f} {:>8.2f} {:>12}\n", name, per_saga(cpu_us, phase),
                        static_cast<double>(cpu_us) / 1e6 / phase.seconds, memory);
  };
  for (const auto& process : phase.spent.processes) {
    total += process.cpu_us;
    row(process.name, process.cpu_us, fmt::format("{:.0f}", process.memory_bytes / 1048576.0));
  }
  row("all", total, "");
  row("others", phase.others_cpu_us(), "");
  return text;
}

std::string counts_row(const PhaseReport& phase) {
  std::string text = fmt::format("{} client{}:", phase.clients, phase.clients == 1 ? "" : "s");
  for (const auto& [status, count] : phase.load.answers)
    text += fmt::format(" {}×{}", count, status);
  for (const auto& [ending, count] : phase.load.endings) {
    text += fmt::format(", {} {}", count, name_of(ending));
  }
  text += fmt::format(", {} exchanges broken, {} outcomes asked for, {} never ended\n",
                      phase.load.broken, phase.load.asked, phase.load.unfinished);
  if (!phase.load.first_error.empty()) {
    text += "    first error: " + phase.load.first_error.substr(0, 300) + "\n";
  }
  return text;
}

Json latency_json(const LatencySummary& latency) {
  return {{"count", latency.count},
          {"p50_ms", latency.p50_ms},
          {"p95_ms", latency.p95_ms},
          {"p99_ms", latency.p99_ms},
          {"max_ms", latency.max_ms}};
}

Json phase_json(const PhaseReport& phase) {
  Json json = {{"clients", phase.clients},
               {"seconds", phase.seconds},
               {"accepted_per_second", phase.accepted_per_second()},
               {"sagas_per_second", phase.sagas_per_second()},
               {"delivered", phase.load.delivered},
               {"latency_outcome", latency_json(phase.load.outcome.summary())},
               {"latency_answer", latency_json(phase.load.answer.summary())},
               {"broken", phase.load.broken},
               {"asked", phase.load.asked},
               {"unfinished", phase.load.unfinished},
               {"first_error", phase.load.first_error}};
  for (const auto& [status, count] : phase.load.answers) {
    json["answers"][std::to_string(status)] = count;
  }
  for (const auto& [ending, count] : phase.load.endings) json["endings"][name_of(ending)] = count;
  Json& cost = json["per_saga"];
  for (const auto& [name, value] : phase.spent.database) cost[name] = per_saga(value, phase);
  for (const auto& [topic, count] : phase.spent.records) {
    cost["kafka_records"][topic] = per_saga(count, phase);
  }
  for (const auto& process : phase.spent.processes) {
    json["processes"].push_back({{"name", process.name},
                                 {"cpu_us_per_saga", per_saga(process.cpu_us, phase)},
                                 {"cores", process.cpu_us / 1e6 / phase.seconds},
                                 {"memory_bytes", process.memory_bytes}});
  }
  json["others_cores"] = static_cast<double>(phase.others_cpu_us()) / 1e6 / phase.seconds;
  return json;
}

}  // namespace

double PhaseReport::accepted_per_second() const {
  return static_cast<double>(load.accepted) / seconds;
}

double PhaseReport::sagas_per_second() const {
  return static_cast<double>(load.completed) / seconds;
}

std::int64_t PhaseReport::others_cpu_us() const {
  std::int64_t others = spent.machine_busy_us;
  for (const auto& process : spent.processes) others -= process.cpu_us;
  return std::max<std::int64_t>(others, 0);
}

bool Report::passed() const {
  for (const auto& phase : phases) {
    if (phase.load.unfinished > 0 || phase.load.completed == 0) return false;
  }
  return audit.value_or(0) == 0;
}

std::string as_text(const Report& report) {
  const PhaseReport& main = report.phases.front();
  std::string text =
      fmt::format("\nmachine     {}, {} cores, {:.1f} GiB, {}\nsettings   ", report.machine.cpu,
                  report.machine.cores, report.machine.memory_mib / 1024.0, report.machine.kernel);
  for (const auto& [name, value] : report.settings) text += fmt::format(" {} {},", name, value);
  text.back() = '\n';
  text += fmt::format(
      "load        {} orders in flight for {:.0f} s after {} s of warm-up, {} accounts\n\n"
      "accepted    {:.0f} orders/s\ncomplete    {:.0f} sagas/s\n"
      "delivered   {:.0f} earlier orders/s, part of the cost below\n"
      "first order {:.0f} ms, before any load\n\n",
      main.clients, main.seconds, report.options.warm_up.count(), report.options.accounts,
      main.accepted_per_second(), main.sagas_per_second(),
      static_cast<double>(main.load.delivered) / main.seconds, report.first_order_ms);
  text += latency_rows(report.phases) + "\n" + cost_rows(main) + "\n" + process_rows(main) + "\n";
  for (const auto& phase : report.phases) text += counts_row(phase);
  if (report.audit) text += fmt::format("audit: {}\n", *report.audit == 0 ? "clean" : "FAILED");
  return text;
}

std::string as_json(const Report& report) {
  Json json = {{"time", report.time},
               {"passed", report.passed()},
               {"first_order_ms", report.first_order_ms},
               {"machine",
                {{"cpu", report.machine.cpu},
                 {"cores", report.machine.cores},
                 {"memory_mib", report.machine.memory_mib},
                 {"kernel", report.machine.kernel}}}};
  for (const auto& [name, value] : report.settings) json["settings"][name] = value;
  json["settings"]["accounts"] = report.options.accounts;
  json["settings"]["warm_up_seconds"] = report.options.warm_up.count();
  for (const auto& phase : report.phases) json["phases"].push_back(phase_json(phase));
  json["audit"] = report.audit ? Json(*report.audit == 0 ? "clean" : "failed") : Json(nullptr);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace orderflow::bench
