// Reads lines {"text", "partials", "input", "data"}, prints for each what the package handlebars
// makes of it in dotprompt's mode, as JSON: {"text"} or {"error"}. Marks are written as text.
// Usage: node render.mjs FOLDER_OF_NODE_MODULES <in >out
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const Handlebars = createRequire(process.argv[2] + "/")("handlebars");

// Without HTML escapes, Handlebars adds up numbers that stand side by side: {{one}}{{two}} is "3".
const { prototype } = Handlebars.JavaScriptCompiler;
const append = prototype.append;
prototype.append = function () {
  if (this.isInline()) this.replaceStack((value) => [" != null ? '' + ", value, ' : ""']);
  return append.call(this);
};

const helpers = {
  json: (value, { hash }) => (value === undefined ? "null" : JSON.stringify(value, null, hash.indent || 0)),
  role: (name) => `<<<dotprompt:role:${name}>>>`,
  history: () => "<<<dotprompt:history>>>",
  section: (name) => `<<<dotprompt:section ${name}>>>`,
  media: ({ hash }) =>
    `<<<dotprompt:media:url ${hash.url}${hash.contentType ? ` ${hash.contentType}` : ""}>>>`,
  ifEquals(left, right, options) {
    return left === right ? options.fn(this) : options.inverse(this);
  },
  unlessEquals(left, right, options) {
    return left === right ? options.inverse(this) : options.fn(this);
  },
};
const knownHelpers = Object.fromEntries(Object.keys(helpers).map((name) => [name, true]));
const options = { noEscape: true, knownHelpersOnly: true, knownHelpers };

function render({ text, partials, input, data }) {
  try {
    const handlebars = Handlebars.create();
    handlebars.registerHelper(helpers);
    handlebars.registerPartial(partials);
    return { text: handlebars.compile(text, options)(input, { data }) };
  } catch (error) {
    return { error: String(error.message) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity }))
  console.log(JSON.stringify(render(JSON.parse(line))));
