#include "tests/simulation/group.hpp"

#include <algorithm>
#include <set>

namespace orderflow::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kSessionTimeout = seconds{6};

}  // namespace

void Group::add(Owner& owner) {
  owner.on_start = [this](Owner& started) { start(started); };
  owner.on_dead = [this](Owner& gone, Duration duration) { dead(gone, duration); };
}

void Group::start(Owner& owner) {
  // A member that died without a word lingers until its session ends.
  const bool lingers = std::find(members_.begin(), members_.end(), &owner) != members_.end();
  if (!lingers) members_.push_back(&owner);
  const Duration delay =
      context_.random.between(milliseconds{50}, lingers ? Duration{seconds{3}} : milliseconds{200});
  context_.timeline.after(delay, [this] { rebalance(false); });
}

void Group::leave(Owner& owner) {
  std::erase(members_, &owner);
  if (!members_.empty()) rebalance(false);
}

void Group::dead(Owner& owner, Duration duration) {
  if (!owner.up()) {
    context_.timeline.after(duration, [&owner] {
      if (!owner.up()) owner.start();
    });
    return;
  }
  if (duration <= kSessionTimeout) return;
  context_.timeline.after(kSessionTimeout, [this, &owner] {
    if (owner.up() && owner.stopped()) leave(owner);
  });
  // Awake again, it goes on for a while before it hears that it was given up for dead.
  const Duration unaware = context_.random.between(milliseconds{1}, seconds{1});
  context_.timeline.after(duration + unaware, [this, &owner] {
    const bool member = std::find(members_.begin(), members_.end(), &owner) != members_.end();
    if (owner.up() && !member) {
      owner.revoked();
      start(owner);
    }
  });
}

void Group::rebalance(bool withheld) {
  if (members_.empty()) return;
  const std::uint64_t generation = ++generation_;
  const auto turn = static_cast<std::int32_t>(context_.random.below(members_.size()));
  const auto count = static_cast<std::int32_t>(members_.size());
  for (std::int32_t place = 0; place < count; ++place) {
    Owner* const member = members_[static_cast<std::size_t>((place + turn) % count)];
    std::set<std::int32_t> share;
    for (std::int32_t p = 0; p < partitions_; ++p) {
      if (p * count / partitions_ == place) share.insert(p);
    }
    const bool deaf = withheld && place % 2 == 1;
    const Duration delay =
        context_.random.between(Duration{0}, deaf ? Duration{seconds{6}} : milliseconds{30});
    context_.timeline.after(delay, [this, generation, member, share = std::move(share)] {
      if (generation != generation_ || !member->up()) return;
      member->revoked();
      member->assigned(share);
    });
  }
}

}  // namespace orderflow::simulation
