# shellcheck shell=bash
# The command bench instructions: what the hot functions cost, counted by valgrind. Sourced by
# ./orderflow.

bench_instructions() {
  local stored=$repo/bench/instructions/counts.txt dir=$state_dir/instructions update=no code=0
  local counter=$build_dir/release/bench/instructions/orderflow-instructions
  case "$#:${1:-}" in
    0:) ;;
    1:--update) update=yes ;;
    *) usage_error "bench instructions takes --update and nothing else" ;;
  esac
  prepare_state_dir "$state_dir"
  mkdir -p "$dir"
  ensure_packages build instructions
  build release build orderflow-instructions CMAKE_BUILD_TYPE=Release ORDERFLOW_TESTS=ON
  phase count
  run_logged "$log_dir/instructions.log" "counting under valgrind" count_instructions ||
    die_with_log "$log_dir/instructions.log" "counting failed; mend what the lines above name"
  phase_done "counted under valgrind"
  printf '\n'
  # A file that is not there yet is one without lines.
  [ -f "$stored" ] || : >"$stored"
  "$counter" compare "$stored" "$dir/operations" "$dir/profile" "$dir/counts" || code=$?
  if [ $update = yes ] && [ $code -le 1 ]; then
    {
      echo '# Instructions an operation; made by: ./orderflow bench instructions --update'
      cat "$dir/counts"
    } >"$stored"
    echo "stored in $(display_path "$stored")"
    return 0
  fi
  [ $code -ne 1 ] ||
    echo "orderflow: what costs that much more shall, or is mended; if it shall:" \
      "$self bench instructions --update" >&2
  return "$code"
}

# Collects inside the one function and ends a part of the profile where the other begins: what is
# done before and between is not counted. The environment would move the stack, and is left out.
count_instructions() {
  env -i valgrind --tool=callgrind --callgrind-out-file="$dir/profile" --combine-dumps=yes \
    --collect-atstart=no '--toggle-collect=orderflow::bench::measured*' \
    '--dump-before=orderflow::bench::told*' "$counter" >"$dir/operations"
}
