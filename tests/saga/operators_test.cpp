#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// What operators do to sagas that wait for a person: over HTTP and on the command line, audited,
// decided by the orders' owners.
namespace orderflow::testing {
namespace {

const Headers kAdmin = operator_headers();

// The shared system as operators use it.
class Admin {
 public:
  System& system() { return system_; }
  [[nodiscard]] const Shop& shop() const { return shop_; }

  [[nodiscard]] Answer ask(const std::string& id, const std::string& verb,
                           const Json& body = nullptr) const {
    return shop_.http().post("/admin/sagas/" + id + "/" + verb, body, kAdmin);
  }
  void must(const std::string& id, const std::string& verb, const Json& body = nullptr) const {
    const auto answer = ask(id, verb, body);
    INFO(answer.body);
    REQUIRE(answer.status == 202);
    CHECK(shop_.await_job(job_of(answer)).at("state") == "done");
  }
  [[nodiscard]] Json saga(const std::string& id) const {
    return shop_.http().get("/admin/sagas/" + id, kAdmin).json();
  }
  [[nodiscard]] std::string reason(const std::string& id) const {
    const auto reason = saga(id).at("reason");
    return reason.is_null() ? std::string() : reason.get<std::string>();
  }
  // Until its command is sent, so that there is something to hold.
  void await_command(const std::string& id) const {
    wait_until("the command of " + id + " is sent",
               [&] { return shop_.status(id).at("saga").at("waiting_for") != "start"; });
  }
  // Actions of operators on this order, oldest first.
  [[nodiscard]] std::vector<std::string> actions(const std::string& id) const {
    std::vector<std::string> actions;
    const auto shown = saga(id);
    for (const auto& entry : shown.at("audit")) actions.push_back(entry.at("action"));
    return actions;
  }
  [[nodiscard]] CommandResult tool(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "sagas");
    return system_.run(arguments);
  }
  [[nodiscard]] std::string place(const std::string& user, const std::string& line2) const {
    auto body = Shop::order_body(user, shop_.new_product(1'000));
    body["delivery_address"]["line2"] = line2;
    return shop_.place(body);
  }
  [[nodiscard]] std::int64_t count(const std::string& sql) const {
    return system_.database().number("SELECT count(*) FROM " + sql);
  }

 private:
  System& system_ = shared_system();
  Shop shop_{system_};
};

TEST_CASE("operator routes ask for the key, and are closed while there is none",
          "[shared][operators]") {
  auto& system = shared_system();
  const Shop shop(system);
  const std::string nobody = "018f0000-0000-7000-8000-000000000000";
  {
    const WithSettings no_key(system, "api", {{"INTERNAL_API_KEY", ""}});
    const auto closed = shop.http().get("/admin/sagas", kAdmin);
    CHECK(closed.status == 403);
    CHECK(closed.json().at("detail").get<std::string>().find("INTERNAL_API_KEY") !=
          std::string::npos);
    CHECK(shop.http().put("/orders/" + nobody + "/status", nullptr, kAdmin).status == 403);
  }
  const Admin admin;
  for (const std::string path : {"/admin/sagas", "/admin/dead-letters", "/admin/held-events"}) {
    CHECK(shop.http().get(path).status == 401);
    CHECK(shop.http().get(path, {{"X-Internal-API-Key", "wrong"}}).status == 403);
    CHECK(shop.http().get(path, kAdmin).status == 200);
  }
  CHECK(shop.http().post("/admin/sagas/bulk", {{"verb", "retry"}}).status == 401);
  CHECK(shop.http().get("/admin/sagas?step=wishing", kAdmin).status == 400);
  CHECK(shop.http().put("/orders/" + nobody + "/status", nullptr).status == 401);
  CHECK(admin.ask(nobody, "pause").status == 404);
  system.conclude();
}

TEST_CASE("a paused order stays where it is until it is resumed", "[shared][operators]") {
  Admin admin;
  const auto& shop = admin.shop();
  const auto user = shop.new_user(50'000);
  admin.system().process("payments").freeze();
  const auto id = shop.place(user, shop.new_product(1'000));
  admin.await_command(id);
  admin.must(id, "pause", {{"reason", "stock-taking"}});
  CHECK(admin.reason(id) == "paused: stock-taking");
  CHECK(shop.status(id).at("saga").at("waiting_for") == "resume");
  admin.system().process("payments").thaw();
  wait_until("the payment is made",
             [&] { return admin.count("payments.payments WHERE order_id = '" + id + "'") == 1; });
  const auto other = shop.place(user, shop.new_product(1'000));
  CHECK(shop.await_end(other) == "DELIVERED");
  CHECK(shop.status(id).at("status") == "NEEDS_ATTENTION");

  SECTION("resumed over HTTP") { admin.must(id, "resume"); }
  SECTION("resumed on the command line") {
    const auto done = admin.tool({"resume", id, "--actor", "mallory", "--reason", "all counted"});
    INFO(done.output);
    CHECK(done.exit_code == 0);
    CHECK(admin.saga(id).at("audit").back().at("actor") == "mallory");
  }
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 48'000);
  CHECK(admin.actions(id) == std::vector<std::string>{"saga.pause", "saga.resume"});
  CHECK(admin.ask(id, "skip", {{"reason", "it is over"}}).status == 409);
  admin.system().conclude();
}

TEST_CASE("a skip takes over what the participant has stored, and nothing else",
          "[shared][operators]") {
  Admin admin;
  const auto& shop = admin.shop();
  const auto user = shop.new_user(50'000);
  const Json why = {{"reason", "the answers are lost"}};

  SECTION("a capture that did not happen is not claimed; one that did is") {
    admin.system().process("payments").freeze();
    const auto id = shop.place(user, shop.new_product(1'000));
    admin.await_command(id);
    admin.must(id, "pause");
    const auto refused = admin.ask(id, "skip", why);
    CHECK(refused.status == 409);
    CHECK(refused.json().at("type") == "urn:orderflow:problem:not_settled");
    CHECK(admin.tool({"skip", id, "--reason", "no"}).exit_code == 1);
    CHECK(admin.ask(id, "skip", {{"reason", ""}}).status == 422);
    admin.system().process("payments").thaw();
    wait_until("the payment is made",
               [&] { return admin.count("payments.payments WHERE order_id = '" + id + "'") == 1; });
    admin.must(id, "skip", why);
    CHECK(shop.await_end(id) == "DELIVERED");
    CHECK(shop.balance(user) == 49'000);
  }
  SECTION("an undo of what never happened") {
    const auto id = admin.place(user, "simulate:silent");
    shop.await_status(id, "PAID");
    admin.system().process("delivery").freeze();
    const auto cancel = shop.ask(id, "cancel");
    wait_until("the cancel is under way",
               [&] { return shop.job(cancel).at("state") == "running"; });
    admin.must(id, "pause");
    CHECK(admin.ask(id, "skip", why).status == 409);
    admin.system().process("delivery").thaw();
    wait_until("the delivery is voided", [&] {
      return admin.count("delivery.deliveries WHERE order_id = '" + id + "'") == 1;
    });
    admin.must(id, "skip", why);
    CHECK(shop.await_end(id) == "CANCELLED");
    CHECK(shop.balance(user) == 50'000);
  }
  admin.system().conclude();
}

TEST_CASE("sagas that wait for the same reason are asked together", "[shared][operators]") {
  Admin admin;
  const auto& shop = admin.shop();
  const auto user = shop.new_user(50'000);
  std::vector<std::string> orders;
  for (int i = 0; i < 3; ++i) orders.push_back(admin.place(user, "simulate:failed"));
  const auto other = shop.place(user, shop.new_product(1'055));
  for (const auto& id : orders) shop.await_status(id, "NEEDS_ATTENTION");
  shop.await_status(other, "NEEDS_ATTENTION");
  const std::string whole = admin.reason(orders[0]);
  const std::string error = whole.substr(whole.rfind(' ') + 1);

  const auto listed =
      shop.http().get("/admin/sagas?limit=2&step=delivery&error=" + error, kAdmin).json();
  CHECK(listed.at("items").size() == 2);
  const auto rest = shop.http()
                        .get("/admin/sagas?limit=2&step=delivery&error=" + error +
                                 "&page_token=" + listed.at("next_page_token").get<std::string>(),
                             kAdmin)
                        .json();
  CHECK(rest.at("items").size() == 1);
  CHECK(rest.at("next_page_token").is_null());
  const auto table = admin.tool({"list", "--step", "delivery"}).output;
  for (const auto& id : orders) CHECK(table.find(id) != std::string::npos);
  CHECK(table.find(other) == std::string::npos);

  const auto audited = admin.count("ops.audit_log");
  const auto dry = admin.tool({"retry", "--step", "delivery", "--error", error, "--dry-run"});
  CHECK(dry.output.find("3 match") != std::string::npos);
  CHECK(admin.tool({"retry", "--step", "delivery"}).exit_code == 2);  // Without a reason.
  const Json bulk = {{"verb", "retry"}, {"step", "delivery"}, {"error", error}, {"reason", "try"}};
  auto asked = bulk;
  asked["dry_run"] = true;
  const auto dry_answer = shop.http().post("/admin/sagas/bulk", asked, kAdmin);
  CHECK(dry_answer.status == 200);
  CHECK(dry_answer.json().at("matched") == 3);
  CHECK(admin.count("ops.audit_log") == audited);

  const auto answer = shop.http().post("/admin/sagas/bulk", bulk, kAdmin);
  REQUIRE(answer.status == 202);
  CHECK(answer.json().at("items").size() == 3);
  const auto answered = answer.json();
  for (const auto& item : answered.at("items")) {
    CHECK(shop.await_job(item.at("job_id")).at("state") == "done");
  }
  for (const auto& id : orders) {
    CHECK(admin.actions(id) == std::vector<std::string>{"saga.retry"});
    shop.await_status(id, "NEEDS_ATTENTION");  // The carrier still fails.
  }
  CHECK(admin.actions(other).empty());
  CHECK(shop.http()
            .post("/admin/sagas/bulk", {{"verb", "retry"}, {"reason", "all"}}, kAdmin)
            .status == 422);
  CHECK(shop.http()
            .post("/admin/sagas/bulk", {{"verb", "skip"}, {"step", "payment"}, {"reason", "x"}},
                  kAdmin)
            .status == 422);

  const auto cancelled = admin.tool({"cancel", "--step", "delivery", "--reason", "given up"});
  INFO(cancelled.output);
  CHECK(cancelled.exit_code == 0);
  for (const auto& id : orders) CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(admin.tool({"cancel", other, "--reason", "given up"}).exit_code == 0);
  CHECK(shop.await_end(other) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  admin.system().conclude();
}

TEST_CASE("the audit log is only added to", "[shared][operators]") {
  auto& system = shared_system();
  system.database().execute(
      "INSERT INTO ops.audit_log (id, actor, action, subject, correlation_id) VALUES "
      "(gen_random_uuid(), 'a test', 'saga.retry', gen_random_uuid(), 'test')");
  for (const char* change : {"UPDATE ops.audit_log SET actor = 'nobody'",
                             "DELETE FROM ops.audit_log", "TRUNCATE ops.audit_log"}) {
    INFO(change);
    CHECK_THROWS(system.database().execute(change));
  }
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
