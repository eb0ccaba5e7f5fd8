#include "providers/process/code_arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace ropewalk {
namespace {

namespace json = boost::json;

/// How a program is told its code. Words stand with a blank between them.
struct Interpreter {
  std::string_view names{};
  std::string_view letters{};  // one-letter options whose code comes behind them: -c, -lc, -cCODE
  std::string_view words{};    // long options with code: --eval CODE, --eval=CODE
  std::string_view valued{};   // options, without dashes, whose next argument is a value
  bool is_shell = false;    // the letter is a flag: the code is the first operand (sh -c -e CODE)
  bool takes_rest = false;  // all that follows is code
  bool is_operand = false;  // the first operand is code, unless -f came
};

constexpr std::array interpreters{
    Interpreter{
        "sh bash dash ash zsh ksh mksh pdksh rbash yash posh fish csh tcsh",
        "c",
        "command",
        "o O rcfile init-file",
        true},
    Interpreter{"su runuser", "c", "command session-command", "s shell g group G w"},
    Interpreter{"python pypy jython micropython", "c", "", "W X Q"},
    Interpreter{"node nodejs", "ep", "eval print", "r require C conditions import loader"},
    Interpreter{"bun", "ep", "eval print", "r"},
    Interpreter{"perl", "eE", "", "I M m x"},
    Interpreter{"ruby jruby", "e", "", "I r C E"},
    Interpreter{"php", "rBRE", "run process-begin process-code process-end", "d c z"},
    Interpreter{"lua luajit", "e", "", "l"},
    Interpreter{"R Rscript", "e", "", ""},
    Interpreter{"julia", "eE", "eval print", "L p t"},
    Interpreter{"elixir", "e", "eval", "r"},
    Interpreter{"scala groovy osascript", "e", "", ""},
    Interpreter{"sqlite psql", "c", "command cmd", "d h p U f"},
    Interpreter{
        "awk gawk mawk nawk", "e", "source", "v F assign field-separator", false, false, true},
    Interpreter{"pwsh powershell", "", "command c ec encodedcommand", "", false, true},
    Interpreter{"cmd", "", "c k", "", false, true},
};

/// Programs that start the one that stands among their arguments.
constexpr std::string_view starters =
    "env busybox toybox nice ionice chrt taskset nohup timeout setsid stdbuf time sudo doas gosu "
    "su-exec xargs find parallel chroot nsenter unshare flock strace ltrace watch script tini "
    "dumb-init exec command systemd-run docker podman nerdctl kubectl ssh srun apptainer "
    "singularity "
    "uv poetry pipenv npx bundle";

bool is_word_of(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    auto const end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    words = end == words.npos ? std::string_view{} : words.substr(end + 1);
  }
  return false;
}

std::string_view text_of(json::value const& value) {
  auto const* text = value.if_string();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

/// "/usr/bin/python3.11" is "python".
std::string_view program_name(std::string_view path) {
  path = path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
  if (path.ends_with(".exe")) path.remove_suffix(4);
  while (!path.empty() && (path.back() == '.' || path.back() == '-' ||
                           std::isdigit(static_cast<unsigned char>(path.back())) != 0))
    path.remove_suffix(1);
  return path;
}

Interpreter const* find_interpreter(json::value const& program) {
  auto const name = program_name(text_of(program));
  auto const* const found =
      std::find_if(interpreters.begin(), interpreters.end(), [&](Interpreter const& known) {
        return !name.empty() && is_word_of(known.names, name);
      });
  return found == interpreters.end() ? nullptr : &*found;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Reads the arguments of one interpreter, from its options to its first operand.
class ArgumentReader {
 public:
  ArgumentReader(Interpreter const& known, json::array const& argv, std::size_t first)
      : known_(known), argv_(argv), at_(first) {}

  std::vector<std::size_t> read() {
    while (at_ < argv_.size() && !is_over_) read_one(text_of(argv_[at_]));
    return std::move(code_);
  }

 private:
  void read_one(std::string_view text) {
    if (known_.takes_rest) return read_word_option(text);
    bool const is_option =
        text.size() > 1 && (text[0] == '-' || (known_.is_shell && text[0] == '+'));
    if (!is_option) return read_operand();
    if (text == "--") {
      ++at_;
      return read_operand();
    }
    if (text.starts_with("--"))
      read_long(text.substr(2));
    else
      read_letters(text);
  }

  void read_operand() {
    is_over_ = true;
    bool const is_code = known_.is_shell ? has_flag_ : known_.is_operand && !has_file_;
    if (is_code && at_ < argv_.size() && code_.empty()) code_.push_back(at_);
  }

  /// `cmd /c …`, `pwsh -Command …`: any case, any beginning of the word.
  void read_word_option(std::string_view text) {
    bool const is_option = text.size() > 1 && (text[0] == '-' || text[0] == '/');
    auto const name = is_option ? lower(text.substr(1)) : std::string();
    ++at_;
    bool const is_command = is_word_of(known_.words, name) ||
                            (name.size() > 1 && std::string_view("command").starts_with(name));
    if (!is_option || !is_command) return;
    for (; at_ < argv_.size(); ++at_) code_.push_back(at_);
  }

  void read_long(std::string_view text) {
    auto const equals = text.find('=');
    auto const name = text.substr(0, equals);
    bool const has_code = is_word_of(known_.words, name);
    if (equals != text.npos) {
      if (has_code) code_.push_back(at_);
      ++at_;
      return;
    }
    ++at_;
    if (has_code) return take_code();
    if (is_word_of(known_.valued, name)) ++at_;
  }

  void read_letters(std::string_view text) {
    auto const place = at_++;
    for (std::size_t i = 1; i < text.size(); ++i) {
      char const letter = text[i];
      bool const is_last = i + 1 == text.size();
      if (known_.letters.find(letter) != known_.letters.npos && text[0] == '-') {
        has_flag_ = true;
        if (known_.is_shell ||
            (!is_last && known_.letters.find(text[i + 1]) != known_.letters.npos))
          continue;  // node -pe
        if (is_last) return take_code();
        return code_.push_back(place);
      }
      if (known_.is_operand && letter == 'f') has_file_ = true;
      bool const takes_value =
          is_word_of(known_.valued, text.substr(i, 1)) || (known_.is_operand && letter == 'f');
      if (!takes_value) continue;
      if (is_last) ++at_;
      if (!known_.is_shell) return;  // the rest of the word is the value
    }
  }

  void take_code() {
    if (at_ < argv_.size()) code_.push_back(at_++);
  }

  Interpreter const& known_;
  json::array const& argv_;
  std::size_t at_;
  std::vector<std::size_t> code_;
  bool has_flag_ = false;
  bool has_file_ = false;
  bool is_over_ = false;
};

/// `env -S 'sh -c …'` takes a word apart as a shell would.
void add_split_words(json::array const& argv, std::vector<std::size_t>& out) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    auto const text = text_of(argv[i]);
    bool const is_alone = text == "-S" || text == "-vS" || text == "--split-string";
    if (is_alone && i + 1 < argv.size()) out.push_back(i + 1);
    if (!is_alone && (text.starts_with("-S") || text.starts_with("--split-string=")))
      out.push_back(i);
  }
}

}  // namespace

std::vector<std::size_t> code_arguments(json::array const& argv) {
  std::vector<std::size_t> out;
  if (argv.empty()) return out;
  auto const name = program_name(text_of(argv[0]));
  if (name == "env") add_split_words(argv, out);
  std::size_t program = 0;
  auto const* known = find_interpreter(argv[0]);
  if (is_word_of(starters, name))
    while (known == nullptr && ++program < argv.size()) known = find_interpreter(argv[program]);
  if (known == nullptr) return out;
  auto const code = ArgumentReader(*known, argv, program + 1).read();
  out.insert(out.end(), code.begin(), code.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace ropewalk
