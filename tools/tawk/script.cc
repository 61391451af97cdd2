// SPDX-License-Identifier: Apache-2.0
#include "tawk/script.h"

#include <cctype>
#include <unordered_set>

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

class Scanner {
 public:
  Scanner(std::string_view program, Script& script) : in_(program), script_(script) {}

  void run() {
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
    script_.text += '\n';
  }

 private:
  std::string_view take(std::size_t end) {
    const std::string_view piece = in_.substr(at_, end - at_);
    script_.text += piece;
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
    operand();
  }

  void name() {
    std::size_t end = at_;
    while (end < in_.size() && in_name(in_[end])) ++end;
    const std::string word(take(end));
    const bool call = next() == '(';
    if (word == "function" || word == "func") {
      function();
    } else if (awk_words().contains(word)) {
      after_operand_ = false;
      dollar_ = false;
      getline_ = word == "getline";
      return;
    } else if (call && end < in_.size() && in_[end] == '(') {
      script_.called.insert(word);
    } else {
      script_.names.insert(word);
      if (dollar_) script_.fields.insert(word);
      const bool given = getline_ || increment_ || is_assigned();
      if ((!dollar_ && given) || next() == '[') script_.assigned.insert(word);
    }
    operand();
  }

  /// The parameters of a function are variables of their own.
  void function() {
    const std::size_t open = in_.find('(', at_), close = in_.find(')', at_);
    if (open == std::string_view::npos || close == std::string_view::npos) return;
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

  /// Whether `=`, `+=`, `++` or the `in` of a loop follows.
  bool is_assigned() const {
    std::size_t i = at_;
    while (i < in_.size() && (in_[i] == ' ' || in_[i] == '\t')) ++i;
    const std::string_view rest = in_.substr(i);
    if (rest.starts_with("in ") || rest.starts_with("++") || rest.starts_with("--")) return true;
    if (!rest.empty() && std::string_view("+-*/%^").find(rest[0]) != std::string_view::npos) {
      return rest.size() > 1 && rest[1] == '=';
    }
    return rest.starts_with("=") && !rest.starts_with("==");
  }

  void number() {
    std::size_t end = at_;
    while (end < in_.size() && (in_name(in_[end]) || in_[end] == '.')) ++end;
    const std::string_view word = in_.substr(at_, end - at_);
    const bool hex = word.starts_with("0x") || word.starts_with("0X");
    const bool good = word.size() > 2 &&
                      word.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
    if (hex && !good && script_.bad_number.empty()) script_.bad_number = word;
    // More than 53 bits do not fit into awk's numbers.
    if (!hex || word.size() <= 15) {
      take(end);
    } else {
      script_.text += '"';
      take(end);
      script_.text += '"';
    }
    operand();
  }

  void punctuation(char c) {
    const std::string_view rest = in_.substr(at_);
    if (rest.starts_with("++") || rest.starts_with("--")) {
      increment_ = true;
      take(at_ + 2);
      return;
    }
    take(at_ + 1);
    if (c == '\n') after_operand_ = false;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\') return;
    if (c == '$') {
      dollar_ = true;
      return;
    }
    if (c == '(' && dollar_) return;  // $(name+0)
    after_operand_ = c == ')' || c == ']';
    dollar_ = increment_ = getline_ = false;
  }

  void operand() {
    after_operand_ = true;
    dollar_ = increment_ = getline_ = false;
  }

  char next() const {
    const auto i = in_.find_first_not_of(" \t", at_);
    return i == std::string_view::npos ? '\0' : in_[i];
  }

  std::string_view in_;
  Script& script_;
  std::size_t at_ = 0;
  bool after_operand_ = false;  // a `/` divides
  bool dollar_ = false, increment_ = false, getline_ = false;
};

}  // namespace

void scan(std::string_view program, Script& script) {
  Scanner(program, script).run();
}

bool is_awk_word(std::string_view name) {
  return awk_words().contains(name);
}

}  // namespace t2::tawk
