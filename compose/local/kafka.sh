# shellcheck shell=bash
# A real Apache Kafka from its Maven artifacts, one node in KRaft mode. Sourced by ./orderflow.

# The pom pins the version.
kafka_pom=$repo/compose/local/kafka-pom.xml
kafka_version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$kafka_pom")
readonly kafka_pom kafka_version kafka_libs=$repo/.orderflow/kafka/libs-$kafka_version

fetch_kafka() {
  phase kafka
  if [ ! -d "$kafka_libs" ]; then
    local fresh=$kafka_libs.$$
    run_logged "$log_dir/kafka-fetch.log" "fetching Apache Kafka $kafka_version" \
      mvn -q -B -f "$kafka_pom" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$fresh" ||
      fetch_failed "$fresh"
    # Renamed when complete, so that an interrupted download is never taken for the whole.
    mv -T -- "$fresh" "$kafka_libs" 2>/dev/null || rm -rf -- "$fresh"
    phase_done "fetched Apache Kafka $kafka_version"
  else
    phase_done "Apache Kafka $kafka_version"
  fi
}

fetch_failed() { # FOLDER
  rm -rf -- "$1"
  die_with_log "$log_dir/kafka-fetch.log" "fetching Kafka $kafka_version with Maven failed;" \
    "check the network or ~/.m2/settings.xml, or use --broker embedded"
}

write_kafka_settings() { # STATE_DIR PORT
  local home=$1/kafka port=$2
  mkdir -p "$home"
  cat >"$home/server.properties" <<EOF
# Written by ./orderflow at every start.
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$home/data

# A topic is made by the program, with the partitions it counts on, or not at all.
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# After a kill -9 the controller takes the broker back only when its old session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# What the log has not on disk is written a little every second, not all at once when the kernel gets to
# it: half a minute of messages would keep PostgreSQL's commits waiting for a second.
log.flush.interval.ms=1000
log.flush.scheduler.interval.ms=500
num.network.threads=2
num.io.threads=4
log.retention.hours=72
EOF
}

kafka_entry() { # STATE_DIR PORT: the supervisor's table line
  entry kafka daemon "tcp:$2" - - "$repo/compose/local/kafka-run" "$kafka_libs" "$1/kafka"
}
