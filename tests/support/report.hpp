#pragma once

namespace orderflow::testing {

class System;

// Installations that run now: a failed test shows the end of their logs.
void register_system(System* system);
void unregister_system(System* system);

}  // namespace orderflow::testing
