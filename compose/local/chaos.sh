# shellcheck shell=bash
# The command chaos: faults from a seed on an installation of its own. Sourced by ./orderflow.

# The program starts its own PostgreSQL and Kafka, since it has to kill them.
command_chaos() {
  prepare_state_dir "$state_dir"
  ensure_packages build postgres kafka
  build release build "orderflow orderflow-chaos" CMAKE_BUILD_TYPE=Release ORDERFLOW_TESTS=ON
  local program=$build_dir/release/tests/orderflow-chaos
  case " $* " in *' --help '* | *' --plan '*) exec "$program" "$@" ;; esac
  fetch_kafka
  find_postgres
  export ORDERFLOW_TEST_KAFKA_LIBS=$kafka_libs ORDERFLOW_TEST_PG_BIN=$pg_bin
  export ORDERFLOW_TEST_BINARY=$binary
  exec "$program" "$@"
}
