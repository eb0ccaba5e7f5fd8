#include "tests/engine/model/prompt/random_template.hpp"

namespace ropewalk::prompt {

std::string RandomTemplate::make() {
  has_partials_ = true;
  std::string out = body(0);
  if (out.empty() || !chance(8)) return out;
  std::size_t const at = below(static_cast<unsigned>(out.size()));
  // Not inside a character, nor near the marks, whose arguments we check and Handlebars does not.
  std::string const around = out.substr(at < 24 ? 0 : at - 24, 36);
  bool const is_mark = around.find("role") != std::string::npos ||
                       around.find("section") != std::string::npos ||
                       around.find("media") != std::string::npos;
  if (is_mark || static_cast<unsigned char>(out[at]) >= 0x80) return out;
  if (chance(50))
    out.erase(at, 1);
  else
    out.insert(at, 1, "{}~/#\" |"[below(8)]);
  return out;
}

std::string RandomTemplate::make_partial() {
  has_partials_ = false;
  return body(2);
}

std::string RandomTemplate::body(unsigned depth) {
  std::string out;
  unsigned const count = 1 + below(depth == 0 ? 6 : 4);
  for (unsigned i = 0; i < count; ++i) {
    if (chance(70)) out += text();
    unsigned const kind = below(100);
    if (kind < 40 || depth > 3)
      out += mustache();
    else if (kind < 80)
      out += block(depth);
    else if (kind < 92)
      out += has_partials_ ? partial(depth) : mustache();
    else
      out += rarity();
  }
  if (chance(60)) out += text();
  return out;
}

std::string RandomTemplate::text() {
  std::string out;
  for (unsigned i = 0, count = 1 + below(4); i < count; ++i)
    out += pick(
        {"a",
         "word ",
         " ",
         "  ",
         "\n",
         "\n",
         "\r\n",
         "\t",
         " \n  ",
         "é ",
         "x\n",
         "\n\n",
         "- ",
         " }",
         "<b>",
         "\xC2\xA0",
         "{ "}
    );
  return out;
}

std::string RandomTemplate::open(std::string const& sign) {
  return "{{" + std::string(chance(15) ? "~" : "") + sign + (chance(10) ? " " : "");
}
std::string RandomTemplate::close() {
  return std::string(chance(10) ? " " : "") + (chance(15) ? "~" : "") + "}}";
}

std::string RandomTemplate::path() {
  if (names_ > 0 && chance(30))
    return "p" + std::to_string(below(names_)) + (chance(30) ? ".name" : "");
  return pick(
      {"name",
       "name",
       "user",
       "user.name",
       "user.address.city",
       "user/name",
       "this",
       ".",
       "this.name",
       "./name",
       "../name",
       "../../name",
       "..",
       "../this",
       "list",
       "nothing",
       "rows",
       "zero",
       "yes",
       "no",
       "none",
       "empty",
       "nope",
       "nope.deep",
       "none.deep",
       "user.[first name]",
       "[name]",
       "list.[1]",
       "list.[9]",
       "list.length",
       "name.length",
       "id",
       "tags",
       "sub",
       "pi",
       "big",
       "@index",
       "@key",
       "@first",
       "@last",
       "@root.name",
       "@../index",
       "@root",
       "@state.count",
       "@nope",
       "@../../first",
       "number.x",
       "negative",
       "long",
       "key"}
  );
}

std::string RandomTemplate::value(unsigned depth) {
  if (depth < 2 && chance(15)) return "(lookup " + value(depth + 1) + " " + value(depth + 1) + ")";
  if (depth < 2 && chance(4)) return "(json " + path() + ")";
  if (chance(70)) return path();
  return pick(
      {"\"name\"",
       "'id'",
       "\"a b\"",
       "0",
       "1",
       "-2",
       "3.50",
       "true",
       "false",
       "null",
       "undefined",
       "\"\"",
       "\"q\\\"q\"",
       "12"}
  );
}

std::string RandomTemplate::mustache() {
  unsigned const kind = below(20);
  if (kind < 12) return open("") + path() + close();
  if (kind == 12)
    return "{{" + std::string(chance(20) ? "~" : "") + "{" + path() + "}" +
           (chance(20) ? "~" : "") + "}}";
  if (kind == 13) return open("&") + path() + close();
  if (kind == 14) return open("") + "lookup " + value(0) + " " + value(0) + close();
  if (kind == 15) {
    std::string const indent =
        pick({"", "", " indent=2", " indent=\"--\"", " indent=0", " indent=40"});
    return open("") + "json " +
           pick({"user", "list", "rows", "name", "this", "none", "pi", "nothing", "big"}) + indent +
           close();
  }
  if (kind == 16)
    return open("") +
           pick(
               {"role \"system\"",
                "role 'user'",
                "history",
                "section \"s\"",
                "media url=\"u\" contentType=\"t\"",
                "media url='u'"}
           ) +
           close();
  if (kind == 17)
    return open("") + pick({"\"name\"", "'user'", "12", "true", "null", "undefined", "1.50"}) +
           close();
  if (kind == 18)
    return chance(has_partials_ ? 90 : 100)
               ? open("") + path() + close()
               : open("") + pick({"unknown name", "unknown a=1", "user.x name"}) + close();
  return open("") + path() + close();
}

std::string RandomTemplate::otherwise(unsigned depth) {
  std::string out;
  while (chance(15)) {
    std::string const test = chance(70) ? "if " + value(0) : chance(50) ? "each " + path() : path();
    out += open("") + "else " + test + close() + body(depth + 1);
  }
  if (chance(50))
    out += (chance(70) ? open("") + "else" + close() : open("^") + close()) + body(depth + 1);
  return out;
}

std::string RandomTemplate::condition(unsigned depth) {
  std::string const name = pick({"if", "if", "if", "unless", "ifEquals", "unlessEquals"});
  std::string out = open("#") + name + " " + value(0);
  if (name.ends_with("Equals"))
    out += " " + value(0);
  else if (chance(15))
    out += std::string(" includeZero=") + pick({"true", "false", "yes"});
  out += close() + body(depth + 1) + otherwise(depth);
  return out + open("/") + name + close();
}

std::string RandomTemplate::loop(unsigned depth) {
  std::string const name = pick({"each", "each", "with"});
  std::string const over = chance(70) ? pick(
                                            {"list",
                                             "rows",
                                             "user",
                                             "tags",
                                             "nothing",
                                             "sub",
                                             "user.address",
                                             "this",
                                             "../list",
                                             "name"}
                                        )
                                      : value(0);
  std::string out = open("#") + name + " " + over;
  unsigned const names = names_;
  if (chance(25)) {
    out += " as |p" + std::to_string(names_++);
    if (name == "each" && chance(50)) out += " p" + std::to_string(names_++);
    out += "|";
  }
  out += close() + body(depth + 1);
  names_ = names;
  return out + otherwise(depth) + open("/") + name + close();
}

std::string RandomTemplate::section(unsigned depth) {
  std::string const name = pick(
      {"user",
       "list",
       "yes",
       "no",
       "none",
       "rows",
       "nope",
       "user.address",
       "name",
       "zero",
       "nothing",
       "tags",
       "."}
  );
  bool const is_inverted = chance(25);
  std::string out = open(is_inverted ? "^" : "#") + name + close() + body(depth + 1);
  if (!is_inverted)
    out += otherwise(depth);
  else if (chance(30))
    out += (chance(50) ? open("") + "else" : open("^")) + close() + body(depth + 1);
  return out + open("/") + name + close();
}

std::string RandomTemplate::block(unsigned depth) {
  unsigned const kind = below(10);
  std::string const before = chance(40) ? pick({"\n", "\n  ", "\n\t"}) : "";
  std::string const after = chance(40) ? pick({"\n", " \n", "\r\n"}) : "";
  return before + (kind < 4 ? condition(depth) : kind < 8 ? loop(depth) : section(depth)) + after;
}

std::string RandomTemplate::partial(unsigned depth) {
  std::string arguments;
  if (chance(30))
    arguments += std::string(" ") +
                 pick({"user", "this", "list", "rows", "..", "user.address", "none", "@root"});
  if (chance(40))
    arguments += std::string(" name=") + pick(
                                             {"@root.name",
                                              "@root.list",
                                              "@root.none",
                                              "@root.user",
                                              "\"a b\"",
                                              "1",
                                              "false",
                                              "null",
                                              "(lookup @root 'long')"}
                                         );
  if (chance(20)) arguments += " extra='x'";
  std::string const name =
      pick({"one", "one", "two", "two", "three", "folder/four", "block", "tree"});
  unsigned const names = names_;
  names_ = 0;
  std::string out;
  if (name == "block" || chance(15)) {
    std::string const inside = body(depth + 1);
    std::string const called = chance(15) ? "missing" : name;
    out = open("#>") + called + arguments + close() + inside + open("/") + called + close();
  } else {
    std::string const called = chance(3) ? "missing" : name;
    out = open(">") + " " + called + arguments + close();
  }
  names_ = names;
  return (chance(50) ? std::string(pick({"\n", "\n   ", "\n\t"})) : "") + out +
         (chance(50) ? "\n" : "");
}

std::string RandomTemplate::rarity() {
  switch (below(7)) {
    case 0:
      return std::string(chance(50) ? "\n  " : "") + "{{! a {{comment }}" +
             (chance(50) ? "\n" : "");
    case 1:
      return std::string(chance(50) ? "\n" : "") + "{{" + (chance(30) ? "~" : "") +
             "!-- with }} in it --" + (chance(30) ? "~" : "") + "}}" + (chance(50) ? " \n" : "");
    case 2:
      return "\\{{name}} ";
    case 3:
      return "\\\\" + mustache();
    case 4: {
      std::string const name = pick({"if yes", "if no", "yes", "no", "nope"});
      std::string const end = name.substr(0, name.find(' '));
      return "{{{{" + name + "}}}}" +
             pick({"{{name}}", " \n {{#if}} \n", "{{{{x}}}} y {{{{/x}}}}", "text"}) + "{{{{/" +
             end + "}}}}";
    }
    case 5: {
      if (!has_partials_) return "";
      std::string const name = chance(70) ? "inner" : "one";
      return open("#*") + "inline \"" + name + "\"" + close() + text() + "{{name}}" + open("/") +
             "inline" + close() + (chance(80) ? "{{> inner}}" : "");
    }
    default:
      return mustache() + mustache();
  }
}

}  // namespace ropewalk::prompt
