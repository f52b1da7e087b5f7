#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderflow::bench {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kScheduled: return "DELIVERY_SCHEDULED";
    case Ending::kPaymentFailed: return "PAYMENT_FAILED";
    case Ending::kCancelled: return "CANCELLED";
    case Ending::kDelivered: return "DELIVERED";
  }
  return "unknown";
}

// By what was completed; zero when nothing was.
double per_unit(std::int64_t total, const PhaseReport& phase) {
  const auto count = phase.load.completed;
  return count == 0 ? 0 : static_cast<double>(total) / static_cast<double>(count);
}

std::string latency_rows(const std::vector<PhaseReport>& phases) {
  std::string text =
      "latency, ms                        a second      p50      p95      p99      max\n";
  const auto row = [&](const std::string& what, double rate, const LatencySummary& latency) {
    text += fmt::format("  {:<31} {:>9.0f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f}\n", what, rate,
                        latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms);
  };
  for (const auto& phase : phases) {
    if (phase.load.outcome.size() > 0) {
      row(phase.name + ": outcome", phase.per_second(), phase.load.outcome.summary());
      row("  202 answer", phase.accepted_per_second(), phase.load.answer.summary());
    } else {
      row(phase.name, phase.per_second(), phase.load.answer.summary());
    }
  }
  return text;
}

std::string cost_rows(const PhaseReport& phase) {
  std::string text = "cost of a " + phase.unit + "\n";
  for (const auto& [name, value] : phase.spent.database) {
    text += fmt::format("  {:<18} {:>10.3f}\n", name, per_unit(value, phase));
  }
  std::int64_t records = 0;
  std::string topics;
  for (const auto& [topic, count] : phase.spent.records) {
    records += count;
    topics += fmt::format("{}{} {:.2f}", topics.empty() ? "" : ", ", topic, per_unit(count, phase));
  }
  return text + fmt::format("  {:<18} {:>10.3f}  ({})\n", "kafka_records", per_unit(records, phase),
                            topics);
}

std::string process_rows(const PhaseReport& phase) {
  std::string text = "process              CPU us/" + phase.unit + "    cores   memory MiB\n";
  std::int64_t total = 0;
  const auto row = [&](std::string_view name, std::int64_t cpu_us, const std::string& memory) {
    text += fmt::format("  {:<18} {:>10.0f} {:>8.2f} {:>12}\n", name, per_unit(cpu_us, phase),
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
  std::string text = phase.name + ":";
  for (const auto& [status, count] : phase.load.answers)
    text += fmt::format(" {}×{}", count, status);
  for (const auto& [ending, count] : phase.load.endings) {
    text += fmt::format(", {} {}", count, name_of(ending));
  }
  text += fmt::format(
      ", {} exchanges broken, {} outcomes asked for, {} never ended; backlog {} before, {} after\n",
      phase.load.broken, phase.load.asked, phase.load.unfinished, phase.load.backlog_before,
      phase.load.backlog_after);
  if (phase.load.refused_without_time > 0) {
    text += fmt::format("    {} refusals did not say when to come again\n",
                        phase.load.refused_without_time);
  }
  if (!phase.load.first_error.empty()) {
    text += "    first error: " + phase.load.first_error.substr(0, 300) + "\n";
  }
  return text;
}

OrderedJson phase_json(const PhaseReport& phase) {
  OrderedJson json = {{"name", phase.name},
                      {"unit", phase.unit},
                      {"clients", phase.clients},
                      {"rate", phase.rate},
                      {"seconds", phase.seconds},
                      {"accepted_per_second", phase.accepted_per_second()},
                      {"per_second", phase.per_second()},
                      {"delivered", phase.load.delivered},
                      {"latency_outcome", bench::as_json(phase.load.outcome.summary())},
                      {"latency_answer", bench::as_json(phase.load.answer.summary())},
                      {"broken", phase.load.broken},
                      {"asked", phase.load.asked},
                      {"unfinished", phase.load.unfinished},
                      {"placed", phase.load.placed},
                      {"backlog_before", phase.load.backlog_before},
                      {"backlog_after", phase.load.backlog_after},
                      {"refused_without_time", phase.load.refused_without_time},
                      {"completions_by_tenth_second", phase.load.completions.tenths()},
                      {"first_error", phase.load.first_error}};
  for (const auto& [status, count] : phase.load.answers) {
    json["answers"][std::to_string(status)] = count;
  }
  for (const auto& [ending, count] : phase.load.endings) json["endings"][name_of(ending)] = count;
  OrderedJson& cost = json["cost"];
  for (const auto& [name, value] : phase.spent.database) cost[name] = per_unit(value, phase);
  for (const auto& [topic, count] : phase.spent.records) {
    cost["kafka_records"][topic] = per_unit(count, phase);
  }
  for (const auto& process : phase.spent.processes) {
    json["processes"].push_back({{"name", process.name},
                                 {"cpu_us", per_unit(process.cpu_us, phase)},
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

double PhaseReport::per_second() const { return static_cast<double>(load.completed) / seconds; }

std::int64_t PhaseReport::others_cpu_us() const {
  std::int64_t others = spent.machine_busy_us;
  for (const auto& process : spent.processes) others -= process.cpu_us;
  return std::max<std::int64_t>(others, 0);
}

bool Report::passed() const {
  for (const auto& phase : phases) {
    const auto& load = phase.load;
    if (load.unfinished > 0 || load.completed == 0 || load.refused_without_time > 0) return false;
  }
  return audit.value_or(0) == 0;
}

std::string as_text(const Report& report) {
  const PhaseReport& main = report.phases.at(report.main);
  std::string text =
      fmt::format("\nmachine     {}, {} cores, {:.1f} GiB, {}\nsettings   ", report.machine.cpu,
                  report.machine.cores, report.machine.memory_mib / 1024.0, report.machine.kernel);
  for (const auto& [name, value] : report.settings) text += fmt::format(" {} {},", name, value);
  text.back() = '\n';
  text += fmt::format(
      "scenario    {}: {} for {:.0f} s, {} accounts\n\n"
      "complete    {:.0f} {}s/s\naccepted    {:.0f} orders/s\n"
      "delivered   {:.0f} earlier orders/s, part of the cost below\n"
      "first order {:.0f} ms, before any load\n",
      name_of(report.options.scenario), main.name, main.seconds, report.options.accounts,
      main.per_second(), main.unit, main.accepted_per_second(),
      static_cast<double>(main.load.delivered) / main.seconds, report.first_order_ms);
  for (const auto& finding : report.findings) {
    text += fmt::format("{}: {:.2f} {}\n", finding.name, finding.value, finding.unit);
  }
  text += "\n";
  text += latency_rows(report.phases) + "\n" + cost_rows(main) + "\n" + process_rows(main) + "\n";
  for (const auto& phase : report.phases) text += counts_row(phase);
  if (report.audit) text += fmt::format("audit: {}\n", *report.audit == 0 ? "clean" : "FAILED");
  return text;
}

std::string as_json(const Report& report) {
  OrderedJson json = {{"time", report.time},
                      {"scenario", name_of(report.options.scenario)},
                      {"passed", report.passed()},
                      {"first_order_ms", report.first_order_ms},
                      {"first_orders", report.first_orders},
                      {"machine",
                       {{"cpu", report.machine.cpu},
                        {"cores", report.machine.cores},
                        {"memory_mib", report.machine.memory_mib},
                        {"kernel", report.machine.kernel}}}};
  for (const auto& [name, value] : report.settings) json["settings"][name] = value;
  json["settings"]["accounts"] = report.options.accounts;
  json["settings"]["warm_up_seconds"] = report.options.warm_up.count();
  for (const auto& phase : report.phases) json["phases"].push_back(phase_json(phase));
  for (const auto& finding : report.findings) {
    json["findings"].push_back(
        {{"name", finding.name}, {"value", finding.value}, {"unit", finding.unit}});
  }
  json["audit"] =
      report.audit ? OrderedJson(*report.audit == 0 ? "clean" : "failed") : OrderedJson(nullptr);
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace orderflow::bench
