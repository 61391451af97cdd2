// SPDX-License-Identifier: Apache-2.0
#include "tawk/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_set>
#include <vector>

namespace t2::tawk {
namespace {

// Keywords and built-in functions of gawk 5.
const std::unordered_set<std::string_view>& awk_words() {
  static const std::unordered_set<std::string_view> words{
      "BEGIN",     "END",       "BEGINFILE", "ENDFILE",  "function",
      "func",      "if",        "else",      "while",    "for",
      "do",        "break",     "continue",  "next",     "nextfile",
      "exit",      "return",    "delete",    "in",       "getline",
      "print",     "printf",    "switch",    "case",     "default",
      "atan2",     "cos",       "exp",       "int",      "log",
      "rand",      "sin",       "sqrt",      "srand",    "asort",
      "asorti",    "gensub",    "gsub",      "index",    "length",
      "match",     "patsplit",  "split",     "sprintf",  "strtonum",
      "sub",       "substr",    "tolower",   "toupper",  "close",
      "fflush",    "system",    "mktime",    "strftime", "systime",
      "and",       "compl",     "lshift",    "or",       "rshift",
      "xor",       "isarray",   "typeof",    "mkbool",   "bindtextdomain",
      "dcgettext", "dcngettext"};
  return words;
}

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool in_name(char c) {
  return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// More than 53 bits do not fit into awk's numbers.
constexpr std::size_t kLongestExact = 15;

bool is_hex(std::string_view word) {
  return word.starts_with("0x") || word.starts_with("0X");
}

class Scanner {
 public:
  /// `meaning`: the text is rewritten; without it, the script learns what the program uses.
  Scanner(std::string_view program, Script& script, const Meaning* meaning)
      : in_(program), script_(script), meaning_(meaning) {}

  Result<std::string> run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '#')
        comment();
      else if (c == '"')
        quoted('"');
      else if (c == '/' && !after_operand_)
        quoted('/');
      else if (starts_name(c))
        name();
      else if (std::isdigit(static_cast<unsigned char>(c)) != 0)
        number();
      else
        punctuation(c);
    }
    if (!error_.empty()) return Error{error_};
    return text_ + '\n';
  }

 private:
  enum class Inside { kGroup, kValues, kOther, kIndex };
  static constexpr std::size_t kNone = std::string::npos;
  /// What an open parenthesis or bracket belongs to; `start`: where the field `$...` begins.
  struct Context {
    Inside inside;
    std::size_t start = kNone;
  };

  std::string_view take(std::size_t end) {
    const std::string_view piece = in_.substr(at_, end - at_);
    text_ += piece;
    at_ = end;
    return piece;
  }

  void comment() { take(std::min(in_.find('\n', at_), in_.size())); }

  /// A string or a regular expression; a bracket expression may hold the delimiter.
  void quoted(char delimiter) {
    std::size_t i = at_ + 1;
    bool bracket = false;
    for (; i < in_.size() && in_[i] != '\n'; ++i) {
      if (in_[i] == '\\') {
        ++i;
        continue;
      }
      if (in_[i] == delimiter && !bracket) break;
      if (delimiter == '/' && in_[i] == '[') bracket = true;
      if (in_[i] == ']') bracket = false;
    }
    take(std::min(i + 1, in_.size()));
    operand(kNone);
    constant_ = true;
  }

  void name() {
    std::size_t end = at_;
    while (end < in_.size() && in_name(in_[end])) ++end;
    const std::string word(in_.substr(at_, end - at_));
    const bool column = meaning_ != nullptr && meaning_->columns.contains(word) && !dollar_;
    const bool calls = end < in_.size() && in_[end] == '(';
    const char next = next_from(end);
    if (column && !calls && next != '[') bare_column(word, end);
    take(end);
    if (word == "function" || word == "func") {
      function();
    } else if (awk_words().contains(word)) {
      keyword(word);
      return;
    } else if (calls) {
      script_.called.insert(word);
      call_ = word;
      return;
    } else {
      script_.names.insert(word);
      if (dollar_) script_.fields.insert(word);
      const bool given = getline_ || increment_ || is_assigned();
      if ((!dollar_ && given) || next == '[') script_.assigned.insert(word);
      if (next == '[') indexed_ = word;
    }
    // $COL["x"] ends behind the bracket.
    if (dollar_ && next == '[') {
      after_operand_ = true;
      return;
    }
    field_ = dollar_ ? word : "";
    operand(dollar_at_);
  }

  void keyword(const std::string& word) {
    after_operand_ = constant_ = comparison_ = false;
    dollar_ = false;
    dollar_at_ = operand_at_ = kNone;
    getline_ = word == "getline";
    if (word == "print" || word == "printf") {
      printing_ = true;
      list_start_ = true;
    } else if (next_from(at_) == '(') {
      call_ = word;
    }
  }

  /// The parameters of a function are variables of their own.
  void function() {
    const std::size_t open = in_.find('(', at_), close = in_.find(')', at_);
    if (open == kNone || close == kNone) return;
    const auto name_at = in_.find_first_not_of(" \t", at_);
    std::string defined;
    for (std::size_t i = name_at; i < open && in_name(in_[i]); ++i) defined += in_[i];
    script_.defined.insert(defined);
    std::string parameter;
    for (const char c : in_.substr(open + 1, close - open)) {
      if (in_name(c)) parameter += c;
      if (in_name(c) || parameter.empty()) continue;
      script_.assigned.insert(parameter);
      parameter.clear();
    }
    take(close + 1);
  }

  /// A column's name without `$`: its number, for awk.
  void bare_column(const std::string& word, std::size_t end) {
    const Inside inside = contexts_.empty() ? Inside::kGroup : contexts_.back().inside;
    if (inside == Inside::kValues) {
      text_ += '$';
      return;
    }
    if (inside == Inside::kOther) return;
    const std::string_view behind =
        in_.substr(std::min(in_.find_first_not_of(" \t", end), in_.size()));
    const bool compared = (comparison_ && left_constant_) || compares_with_constant(behind);
    const bool alone =
        list_start_ &&
        (behind.empty() || std::string_view(",;})>|\n").find(behind[0]) != std::string_view::npos);
    const bool index = inside == Inside::kIndex && indexed_ != "COL";
    if (!(compared || (printing_ && alone) || index) || !error_.empty()) return;
    error_ = fmt::format(
        "'{0}' is the number of a column: write ${0} for its value, or COL[\"{0}\"]", word);
  }

  static std::size_t comparison_length(std::string_view s) {
    for (const std::string_view op : {"==", "!=", "<=", ">=", "!~"})
      if (s.starts_with(op)) return 2;
    return s.starts_with('<') || s.starts_with('>') || s.starts_with('~') ? 1 : 0;
  }

  bool compares_with_constant(std::string_view s) const {
    const std::size_t n = comparison_length(s);
    if (n == 0 || (printing_ && contexts_.empty() && s[0] == '>')) return false;
    s.remove_prefix(n);
    s.remove_prefix(std::min(s.find_first_not_of(" \t"), s.size()));
    return !s.empty() &&
           (s[0] == '"' || s[0] == '/' || std::isdigit(static_cast<unsigned char>(s[0])) != 0);
  }

  /// Whether `=`, `+=`, `++` or the `in` of a loop follows.
  bool is_assigned() const {
    std::size_t i = at_;
    while (i < in_.size() && (in_[i] == ' ' || in_[i] == '\t')) ++i;
    const std::string_view rest = in_.substr(i);
    if (rest.starts_with("in ") || rest.starts_with("++") || rest.starts_with("--")) return true;
    if (!rest.empty() && std::string_view("+-*/%^").find(rest[0]) != kNone) {
      return rest.size() > 1 && rest[1] == '=';
    }
    return rest.starts_with("=") && !rest.starts_with("==");
  }

  std::string_view number_at(std::size_t from) const {
    std::size_t end = from;
    while (end < in_.size() && (in_name(in_[end]) || in_[end] == '.')) ++end;
    return in_.substr(from, end - from);
  }

  void number() {
    const std::string_view word = number_at(at_);
    const bool good = word.size() > 2 &&
                      word.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
    if (is_hex(word) && !good && script_.bad_number.empty()) script_.bad_number = word;
    if (dollar_ || !is_hex(word) || word.size() <= kLongestExact) {
      take(at_ + word.size());
    } else {
      at_ += word.size();
      text_ += '"' + sixteen_digits(word) + '"';
    }
    field_.clear();
    operand(dollar_at_);
    constant_ = operand_at_ == kNone;
    number_ = constant_ ? word : std::string_view();
  }

  static std::string sixteen_digits(std::string_view word) {
    std::string digits(word.substr(2));
    for (char& c : digits) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return fmt::format("0x{:0>16}", digits);
  }

  void punctuation(char c) {
    const std::string_view rest = in_.substr(at_);
    if (rest.starts_with("++") || rest.starts_with("--")) {
      increment_ = true;
      take(at_ + 2);
      return;
    }
    const bool output = printing_ && contexts_.empty() && !dollar_;
    if (output && (c == '>' || (c == '|' && !rest.starts_with("||")))) script_.redirects = true;
    const std::size_t n = output && c == '>' ? 0 : comparison_length(rest);
    if (n > 0 && after_operand_) {
      comparison(rest.substr(0, n), rest.substr(n));
      take(at_ + n);
      after_operand_ = constant_ = false;
      dollar_ = increment_ = getline_ = false;
      comparison_ = true;
      return;
    }
    const bool blank = c == ' ' || c == '\t' || c == '\\';
    if (c == '$') {
      dollar_at_ = text_.size();
      take(at_ + 1);
      dollar_ = true;
      return;
    }
    take(at_ + 1);
    if (blank) return;
    if (c == '(' || c == '[') return open(c);
    if (c == ')' || c == ']') return close();
    if (c == '\n' || c == ';' || c == '}' || c == '{') {
      printing_ = false;
      if (c != '\n') contexts_.clear();
    }
    clear();
    list_start_ = printing_ && c == ',';
  }

  void open(char bracket) {
    Inside inside = contexts_.empty() ? Inside::kGroup : contexts_.back().inside;
    if (bracket == '[') inside = Inside::kIndex;
    if (dollar_ && bracket == '(') inside = Inside::kOther;
    if (!call_.empty())
      inside = meaning_ != nullptr && meaning_->value_functions.contains(call_) ? Inside::kValues
                                                                                : Inside::kOther;
    if (call_ == "if" || call_ == "while" || call_ == "switch" || call_ == "return")
      inside = Inside::kGroup;
    contexts_.push_back({inside, dollar_at_});
    const bool list = list_start_;
    clear();
    list_start_ = list && bracket == '(';
  }

  void close() {
    const std::size_t start = contexts_.empty() ? kNone : contexts_.back().start;
    if (!contexts_.empty()) contexts_.pop_back();
    field_.clear();
    operand(start);
  }

  /// A comparison operator stands here, `behind` it the right side.
  void comparison(std::string_view op, std::string_view behind) {
    left_constant_ = constant_;
    left_number_ = number_;
    if (meaning_ == nullptr || operand_at_ == kNone || op.ends_with('~')) return;
    behind.remove_prefix(std::min(behind.find_first_not_of(" \t"), behind.size()));
    const std::string_view right = number_at(in_.size() - behind.size());
    if (right.empty() || std::isdigit(static_cast<unsigned char>(right[0])) == 0) return;
    wrap(operand_at_, right);
  }

  /// Wraps the field that begins at `from` if it may be hexadecimal; the other side is a number.
  void wrap(std::size_t from, std::string_view other) {
    if (!is_hex(other) && !meaning_->hexadecimal.contains(field_)) return;
    const bool as_text = is_hex(other) && other.size() > kLongestExact;
    while (text_.back() == ' ' || text_.back() == '\t') text_.pop_back();
    text_.insert(from, as_text ? "_hex16(" : "_num(");
    text_ += ") ";
  }

  /// An operand ends here; `start`: where it begins, if it is a field.
  void operand(std::size_t start) {
    const bool right = comparison_ && meaning_ != nullptr && start != kNone && left_constant_ &&
                       !left_number_.empty();
    if (right) wrap(start, left_number_);
    clear();
    after_operand_ = true;
    operand_at_ = start;
  }

  void clear() {
    after_operand_ = constant_ = comparison_ = left_constant_ = list_start_ = false;
    dollar_ = increment_ = getline_ = false;
    dollar_at_ = operand_at_ = kNone;
    number_ = {};
    call_.clear();
  }

  char next_from(std::size_t from) const {
    const auto i = in_.find_first_not_of(" \t", from);
    return i == kNone ? '\0' : in_[i];
  }

  std::string_view in_;
  Script& script_;
  const Meaning* meaning_;
  std::string text_, error_;
  std::size_t at_ = 0;
  std::vector<Context> contexts_;
  bool after_operand_ = false;  // a `/` divides
  bool dollar_ = false, increment_ = false, getline_ = false;
  bool printing_ = false;    // in a print statement
  bool list_start_ = false;  // at the beginning of one of the things that it prints
  bool constant_ = false;    // behind a number, a string or a regular expression
  bool comparison_ = false;  // behind a comparison operator, with this on its left:
  bool left_constant_ = false;
  std::string_view number_, left_number_;
  std::size_t dollar_at_ = kNone;   // in text_: where the field begins that is being read
  std::size_t operand_at_ = kNone;  // where the one begins that was just read
  std::string field_, call_, indexed_;
};

}  // namespace

void scan(std::string_view program, Script& script) {
  (void)Scanner(program, script, nullptr).run().ok();
}

Result<std::string> rewrite(std::string_view program, const Meaning& meaning) {
  Script ignored;
  return Scanner(program, ignored, &meaning).run();
}

bool is_awk_word(std::string_view name) {
  return awk_words().contains(name);
}

}  // namespace t2::tawk
