#include "saga/store/request_rows.hpp"

namespace orderflow::saga::store {
namespace {

// Only these kinds have fields of their own.
template <typename Kind>
void write_fields(const Kind&, RequestColumns&) {}

void write_fields(const Refund& refund, RequestColumns& columns) {
  columns.payment_id = refund.payment_id;
  columns.amount = refund.amount;
}

void write_fields(const SetStatus& set, RequestColumns& columns) {
  columns.target_status = to_text(set.target);
}

void write_fields(const Skip& skip, RequestColumns& columns) {
  columns.command_id = skip.command_id;
  columns.command_outcome = to_text(skip.outcome);
}

template <typename Kind>
std::optional<RequestKind> read_fields(const Kind& kind, const RequestColumns&) {
  return kind;
}

std::optional<RequestKind> read_fields(const Refund&, const RequestColumns& columns) {
  if (!columns.payment_id) return std::nullopt;
  return Refund{*columns.payment_id, columns.amount};
}

std::optional<RequestKind> read_fields(const SetStatus&, const RequestColumns& columns) {
  const auto target = parse_order_status(columns.target_status);
  if (!target) return std::nullopt;
  return SetStatus{*target};
}

std::optional<RequestKind> read_fields(const Skip&, const RequestColumns& columns) {
  const auto outcome = parse_command_outcome(columns.command_outcome);
  if (!columns.command_id || !outcome) return std::nullopt;
  return Skip{*columns.command_id, *outcome};
}

}  // namespace

RequestColumns columns_of(const RequestKind& kind) {
  RequestColumns columns;
  columns.kind = name_of(kind);
  std::visit([&](const auto& one) { write_fields(one, columns); }, kind);
  return columns;
}

std::optional<RequestKind> read_kind(const RequestColumns& columns) {
  const auto kind = request_kind_named(columns.kind);
  if (!kind) return std::nullopt;
  return std::visit([&](const auto& one) { return read_fields(one, columns); }, *kind);
}

}  // namespace orderflow::saga::store
