#include "http-api/docs/docs.hpp"

#include <memory>
#include <string>
#include <utility>

#include "schemas/embedded.hpp"

namespace orderflow::http_api {
namespace {

// Draws the routes out of /openapi.json. It asks nobody but this server, so it works without a
// network.
constexpr std::string_view kDocsPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orderflow API</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
         padding: 0 1rem; }
  h1 { margin-bottom: 0; }
  h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
  details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  summary { cursor: pointer; display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap; }
  .method { font: 600 .8rem ui-monospace, monospace; min-width: 4rem; }
  .GET { color: #1a7f4b; } .POST { color: #2563c9; }
  .PUT { color: #a15c00; } .DELETE { color: #b3261e; }
  code, pre { font: .9rem ui-monospace, monospace; }
  pre { background: color-mix(in srgb, currentColor 7%, transparent); padding: .8rem;
        overflow: auto; }
  table { border-collapse: collapse; margin: .5rem 0; }
  td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
  .quiet { opacity: .7; }
</style>
</head>
<body>
<h1>Orderflow API</h1>
<p class="quiet" id="about">Reading <a href="/openapi.json">/openapi.json</a>&hellip;</p>
<main id="routes"></main>
<script>
const make = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};
const resolve = (doc, value) => value && value.$ref
  ? value.$ref.slice(2).split('/').reduce((at, key) => at?.[key], doc) : value;
const typeOf = (schema) => !schema ? '' : schema.$ref ? schema.$ref.split('/').pop()
  : [].concat(schema.type ?? '').join(' or ');
const exampleOf = (doc, content) => {
  const media = content && Object.values(content)[0];
  if (!media) return undefined;
  const schema = resolve(doc, media.schema);
  return media.example ?? Object.values(media.examples ?? {})[0]?.value ?? schema?.examples?.[0];
};
const table = (rows) => {
  const node = make('table');
  for (const row of rows) {
    const line = make('tr');
    row.forEach((cell, i) => line.append(make(i ? 'td' : 'th', cell)));
    node.append(line);
  }
  return node;
};
const operation = (doc, path, method, op) => {
  const box = make('details');
  const head = make('summary');
  head.append(make('span', method, 'method ' + method), make('code', path),
              make('span', op.summary ?? '', 'quiet'));
  box.append(head);
  if (op.description) box.append(make('p', op.description));
  const parameters = (op.parameters ?? []).map((p) => resolve(doc, p));
  if (parameters.length) {
    box.append(make('h4', 'Parameters'), table(parameters.map((p) =>
      [p.name, p.in + (p.required ? ', required' : ''), typeOf(p.schema), p.description ?? ''])));
  }
  const body = resolve(doc, op.requestBody);
  const sent = body && exampleOf(doc, body.content);
  if (sent) box.append(make('h4', 'Body'), make('pre', JSON.stringify(sent, null, 2)));
  box.append(make('h4', 'Answers'), table(Object.entries(op.responses ?? {}).map(([status, r]) =>
    [status, resolve(doc, r)?.description ?? ''])));
  return box;
};
const draw = (doc) => {
  document.getElementById('about').replaceChildren(
    make('span', `${doc.info.title} ${doc.info.version}. ${doc.info.description ?? ''} `));
  const link = make('a', 'The OpenAPI document');
  link.href = '/openapi.json';
  document.getElementById('about').append(link);
  const groups = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      if (!['get', 'post', 'put', 'delete'].includes(method)) continue;
      const tag = op.tags?.[0] ?? path.split('/')[1];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(doc, path, method.toUpperCase(), op));
    }
  }
  const main = document.getElementById('routes');
  for (const [tag, boxes] of groups) main.append(make('h2', tag), ...boxes);
};
fetch('/openapi.json').then((answer) => answer.json()).then(draw).catch((error) => {
  document.getElementById('about').textContent = 'The API document could not be read: ' + error;
});
</script>
</body>
</html>
)html";

// Of constant answers under way only one text is held, however many there are.
Handler always(std::string_view content_type, std::string_view text, Response answer = {}) {
  answer.content_type = content_type;
  answer.shared_body = std::make_shared<const std::string>(text);
  return [answer = std::move(answer)](RequestContext& /*context*/) -> asio::awaitable<Response> {
    co_return answer;
  };
}

}  // namespace

std::vector<Route> docs_routes() {
  constexpr Policy kDocs{.context = "docs"};
  const auto page =
      Response().with("Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                      "connect-src 'self'");
  return {{Method::kGet, "/openapi.json", always("application/json", schemas::openapi_document()),
           kDocs},
          {Method::kGet, "/docs", always("text/html; charset=utf-8", kDocsPage, page), kDocs}};
}

}  // namespace orderflow::http_api
