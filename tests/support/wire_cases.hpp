#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow::testing {

// What a peer may send and what has to come of it. POST /orders answers 422 to `{}` and
// GET /products 200. Unit tests and a test of the whole program run it; the fuzzer starts from it.
struct WireCase {
  std::string name;
  std::string bytes;
  std::vector<int> statuses;  // Of the answers, in order; 100 apart.
  bool closed = true;         // The server hangs up, whatever comes behind.
  std::string endless = {};   // Sent again and again behind the bytes.
};

inline const std::string kNextRequest = "GET /products HTTP/1.1\r\nHost: x\r\n\r\n";

inline std::string get_products(const std::string& headers, const std::string& version = "1.1") {
  return "GET /products HTTP/" + version + "\r\n" + headers + "\r\n";
}

inline std::string post_order(const std::string& headers, const std::string& body,
                              const std::string& version = "1.1") {
  return "POST /orders HTTP/" + version + "\r\nHost: x\r\nContent-Type: application/json\r\n" +
         headers + "\r\n" + body;
}

inline std::string chunked_order(const std::string& body) {
  return post_order("Transfer-Encoding: chunked\r\n", body);
}

// Each followed by another request, which is served.
inline void add_served(std::vector<WireCase>& cases) {
  const auto add = [&cases](const std::string& name, const std::string& bytes, int status) {
    cases.push_back({name, bytes + kNextRequest, {status, 200}, false});
  };
  const std::string last = "0\r\n\r\n";
  add("content-length", post_order("Content-Length: 2\r\n", "{}"), 422);
  add("content-length-zeros", post_order("Content-Length: 002\r\n", "{}"), 422);
  add("chunked", chunked_order("2\r\n{}\r\n" + last), 422);
  add("chunked-case", post_order("transfer-encoding: CHUNKED\r\n", "2\r\n{}\r\n" + last), 422);
  add("chunks-of-one", chunked_order("1\r\n{\r\n1\r\n}\r\n" + last), 422);
  add("chunk-size-zeros", chunked_order("0002\r\n{}\r\n000\r\n\r\n"), 422);
  add("chunk-extension", chunked_order("2;a=b;c=\"d \\\" e\"\r\n{}\r\n0;f\r\n\r\n"), 422);
  add("trailer", chunked_order("2\r\n{}\r\n0\r\nX-Trailer: 1\r\nConnection: close\r\n\r\n"), 422);
  add("expect-continue", post_order("Expect: 100-Continue\r\nContent-Length: 2\r\n", "{}"), 422);
  add("expect-without-body", get_products("Host: x\r\nExpect: 100-continue\r\n"), 200);
  add("get-with-body",
      get_products("Host: x\r\nContent-Length: " + std::to_string(kNextRequest.size()) + "\r\n") +
          kNextRequest,
      200);
  add("get-with-chunks", get_products("Host: x\r\nTransfer-Encoding: chunked\r\n") + last, 200);
  add("empty-line-before", "\r\n" + kNextRequest, 200);
  cases.push_back({"empty-line-behind", kNextRequest + "\r\n", {200}, false});
  add("absolute-form", "GET http://shop/products HTTP/1.1\r\nHost: shop\r\n\r\n", 200);
  add("absolute-form-host", "GET HTTP://shop:80/products HTTP/1.1\r\nHost: other\r\n\r\n", 200);
  add("head", "HEAD /products HTTP/1.1\r\nHost: x\r\n\r\n", 200);
  add("host-empty", get_products("Host:\r\n"), 200);
  add("host-port-empty", get_products("Host: x:\r\n"), 200);
  add("host-ipv6", get_products("Host: [::1]:8080\r\n"), 200);
  add("upgrade-h2c",
      get_products("Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                   "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
      200);
  add("condition-lines",
      get_products("Host: x\r\nIf-Match: \"a\",, W/\"b\"\r\nif-match: \"c\"\r\n"), 200);
  add("condition-any", get_products("Host: x\r\nIf-None-Match: *\r\n"), 200);
  add("http-1.0-keep-alive", get_products("Connection: keep-alive\r\n", "1.0"), 200);
  add("http-1.0-expect",
      post_order("Connection: keep-alive\r\nExpect: x\r\nContent-Length: 2\r\n", "{}", "1.0"), 422);
  add("method-unknown", "BREW /products HTTP/1.1\r\nHost: x\r\n\r\n", 405);
  // Answered, but their client wants no second answer.
  cases.push_back({"http-1.0", get_products("", "1.0") + kNextRequest, {200}});
  cases.push_back(
      {"connection-close", get_products("Host: x\r\nConnection: close\r\n") + kNextRequest, {200}});
  cases.push_back({"http-1.0-close",
                   get_products("Connection: close, keep-alive\r\n", "1.0") + kNextRequest,
                   {200}});
}

// Where a body ends is in doubt: refused, and nothing behind it is served.
inline void add_framing(std::vector<WireCase>& cases) {
  const auto add = [&cases](const std::string& name, const std::string& bytes, int status) {
    cases.push_back({name, bytes + kNextRequest, {status}});
  };
  for (const char* coding : {"gzip", "identity", "xchunked", "chunked, identity", "gzip, chunked",
                             "chunked, chunked", "chunked;q=1", "\"chunked\"", ""}) {
    const std::string line = std::string("Transfer-Encoding: ") + coding + "\r\n";
    const std::string name = std::string("coding-") + coding;
    add(name, post_order(line, ""), 501);
    add(name + "-then-length", post_order(line + "Content-Length: 2\r\n", "{}"), 400);
    add(name + "-after-length", post_order("Content-Length: 2\r\n" + line, "{}"), 400);
    add(name + "-then-chunked", post_order(line + "Transfer-Encoding: chunked\r\n", ""), 400);
    add(name + "-http-1.0", post_order(line, "", "1.0"), 400);
  }
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string body = "2\r\n{}\r\n0\r\n\r\n";
  add("chunked-twice", post_order(chunked + chunked, body), 400);
  add("chunked-then-length", post_order(chunked + "Content-Length: 2\r\n", body), 400);
  add("chunked-after-length", post_order("Content-Length: 2\r\n" + chunked, body), 400);
  add("chunked-http-1.0", post_order(chunked, body, "1.0"), 400);
  add("chunked-http-1.0-keep-alive",
      post_order(chunked + "Connection: keep-alive\r\n", body, "1.0"), 400);
  add("chunked-folded", post_order("Transfer-Encoding:\r\n chunked\r\n", body), 400);
  add("chunked-vertical-tab", post_order("Transfer-Encoding: \vchunked\r\n", body), 400);
  for (const char* length :
       {"-1", "+2", "0x2", "2, 2", "2,3", "2 2", "2;", "", "two", "99999999999999999999999"}) {
    const std::string line = std::string("Content-Length: ") + length + "\r\n";
    add(std::string("length-") + length, post_order(line, "{}"), 400);
  }
  const std::string two = "Content-Length: 2\r\n";
  add("length-twice", post_order(two + two, "{}"), 400);
  add("length-differs", post_order(two + "Content-Length: 40\r\n", "{}"), 400);
  add("length-too-large", post_order("Content-Length: 99999999\r\n", "{}"), 413);
  for (const char* first :
       {"10000000000000000\r\n", "-2\r\n{}\r\n", "0x2\r\n{}\r\n", " 2\r\n{}\r\n", "2 \r\n{}\r\n",
        "2\n{}\n0\n\n", "\r\n{}\r\n", "2\r\n{}", "2\r\n{}\n", "2\r\n{}x\r\n", "2;a=\rb\r\n{}\r\n",
        "2;\r\n{}\r\n", "2\r\n{}\r\n0\r\nno colon\r\n\r\n",
        "2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
        "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    add("chunk-" + std::to_string(cases.size()), chunked_order(first) + "0\r\n\r\n", 400);
  }
  add("chunk-too-large", chunked_order("FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"), 413);
}

// Lines that two readers may read differently.
inline void add_lines(std::vector<WireCase>& cases) {
  const auto add = [&cases](const std::string& name, const std::string& bytes, int status = 400) {
    cases.push_back({name, bytes + kNextRequest, {status}});
  };
  const auto header = [&add](const std::string& name, const std::string& line) {
    add("header-" + name, get_products("Host: x\r\n" + line + "\r\n"));
  };
  header("space-before-colon", "X-A : b");
  header("tab-before-colon", "X-A\t: b");
  header("space-first", " X-A: b");
  header("folded", "X-A: b\r\n c");
  header("folded-empty", "X-A:\r\n\tc");
  header("folded-behind", "X-A: b\r\n ");
  header("no-colon", "X-A");
  header("no-name", ": b");
  header("null", std::string("X-A: b\0c", 8));
  header("control", "X-A: b\x01");
  header("delete", "X-A: b\x7f");
  header("bare-cr", "X-A: b\rX-B: c");
  header("bare-lf", "X-A: b\nX-B: c");
  header("not-ascii-name", "X-\xc3\xa4: b");
  header("condition-empty", "If-Match:");
  header("condition-blank", "If-None-Match: \t ");
  header("condition-empty-second", "If-Match: \"a\"\r\nIf-Match:");
  header("condition-no-tag", "If-None-Match: v1");
  header("condition-half-quoted", "If-Match: \"v1");
  header("condition-tag-and-any", "If-None-Match: \"v999\",*");
  header("condition-tag-then-any", "If-None-Match: \"v999\"\r\nIf-None-Match: *");
  header("condition-only-commas", "If-Match: ,");
  add("bare-lf", "GET /products HTTP/1.1\nHost: x\n\n");
  add("host-missing", get_products(""));
  add("host-twice", get_products("Host: x\r\nHost: x\r\n"));
  add("host-twice-http-1.0", get_products("Host: x\r\nHost: y\r\n", "1.0"));
  for (const char* host :
       {"x, y", "x/y", "user@x", "x y", "x?y", "x#y", "x\\y", "x:80y", "x:80:80", "[[", "[::1"}) {
    add(std::string("host-") + host, get_products(std::string("Host: ") + host + "\r\n"));
  }
  for (const char* name : {"Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID",
                           "X-Correlation-ID", "X-Internal-API-Key", "X-Operator"}) {
    const std::string line = std::string(name) + ": a\r\n";
    add(std::string("twice-") + name, get_products("Host: x\r\n" + line + line));
  }
  for (const char* target :
       {"products", "/products#a", "*", "x:443", "ftp://x/products", "http:/products",
        "http:///products", "http://user@x/products", "http://x/products#a"}) {
    add(std::string("target-") + target,
        std::string("GET ") + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  add("connect", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n");
  add("http-0.9", "GET /products\r\n");
  add("http-1.2", get_products("Host: x\r\n", "1.2"));
  add("http-2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  add("http-lower-case", "GET /products http/1.1\r\nHost: x\r\n\r\n");
  add("two-spaces", "GET  /products HTTP/1.1\r\nHost: x\r\n\r\n");
  add("tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  add("empty-lines-before", "\r\n\r\n\r\n");
  add("expect-other", post_order("Expect: 200-ok\r\nContent-Length: 2\r\n", "{}"), 417);
  add("expect-twice",
      post_order("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 2\r\n", "{}"));
  cases.push_back(
      {"refused-in-the-middle", kNextRequest + get_products("") + kNextRequest, {200, 400}});
}

// Peers that never end what they have begun.
inline void add_endless(std::vector<WireCase>& cases) {
  const auto add = [&cases](const std::string& name, const std::string& bytes,
                            const std::string& endless, int status) {
    cases.push_back({"endless-" + name, bytes, {status}, true, endless});
  };
  add("chunk-extension", chunked_order("1;a="), "x", 413);
  add("chunk-extension-quoted", chunked_order("1;a=\""), "x", 413);
  add("chunk-extensions", chunked_order("1"), ";a=b", 413);
  add("last-chunk-extension", chunked_order("0;a="), "x", 413);
  add("chunk-size", chunked_order(""), "0", 413);
  add("chunk-lines", chunked_order("1"), "\n", 413);
  add("chunks-of-one", chunked_order(""), "1\r\nx\r\n", 413);
  add("chunks-with-extension", chunked_order(""), "1;name=value\r\nx\r\n", 413);
  add("body-in-chunks", chunked_order(""), "400\r\n" + std::string(0x400, 'x') + "\r\n", 413);
  add("trailer-value", chunked_order("0\r\nX-A: "), "x", 413);
  add("trailer-name", chunked_order("0\r\n"), "x", 413);
  add("trailers", chunked_order("0\r\n"), "X-A: b\r\n", 413);
  add("method", "", "A", 414);
  add("target", "GET /", "x", 414);
  add("header-value", "GET /products HTTP/1.1\r\nX-A: ", "x", 431);
  add("header-blanks", "GET /products HTTP/1.1\r\nX-A:", " ", 431);
  add("header-name", "GET /products HTTP/1.1\r\n", "x", 431);
  // Cut between two lines, each piece is whole: only a sum shows what comes together.
  add("headers", "GET /products HTTP/1.1\r\n", "X-A: b\r\n", 431);
  add("large-headers", "GET /products HTTP/1.1\r\n", "X-A: " + std::string(700, 'x') + "\r\n", 431);
  cases.push_back(
      {"endless-behind-a-body", post_order("Content-Length: 2\r\n", "{}"), {422, 414}, true, "x"});
}

// Of the answers that came whole, but 100. Every body here begins with a brace, so the answer to a
// HEAD request is told from others.
inline std::vector<int> statuses_of(std::string_view answers) {
  std::vector<int> statuses;
  for (auto end = answers.find("\r\n\r\n"); end != answers.npos; end = answers.find("\r\n\r\n")) {
    const std::string head(answers.substr(0, end));
    answers.remove_prefix(end + 4);
    const auto length = head.find("Content-Length: ");
    const bool has_body = answers.starts_with('{') && length != head.npos;
    const std::size_t bytes = has_body ? std::stoul(head.substr(length + 16)) : 0;
    if (!head.starts_with("HTTP/1.1 ") || bytes > answers.size()) break;
    answers.remove_prefix(bytes);
    if (const int status = std::stoi(head.substr(9, 3)); status != 100) statuses.push_back(status);
  }
  return statuses;
}

inline std::vector<WireCase> wire_cases() {
  std::vector<WireCase> cases;
  add_served(cases);
  add_framing(cases);
  add_lines(cases);
  add_endless(cases);
  return cases;
}

}  // namespace orderflow::testing
