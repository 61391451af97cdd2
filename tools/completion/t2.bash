# SPDX-License-Identifier: Apache-2.0
# Completion for t2, t2build, t2conf, t2plugin, t2report, t2sql, t2stat, t2top, tawk and tcol. The words come from the programs themselves.

_t2_options() { "$1" --help 2>/dev/null | grep -oE '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' ,' | sort -u; }
_t2_plugins() { t2conf -l 2>/dev/null | awk '{ print $NF }'; }
_t2_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_t2_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_t2_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }

_t2_complete_t2() {
  case $prev in
    -i|--interface) _t2_words "$(ls /sys/class/net 2>/dev/null)"; return ;;
    -p|--plugin-folder) _t2_folders; return ;;
    -c|--cpu|-j|--jobs) _t2_words "$(seq 0 "$(nproc)")"; return ;;
    --set) _t2_words "$(_t2_plugins | while read -r p; do t2conf "$p" -I 2>/dev/null | sed "s/^/$p./; s/$/=/"; done)"
      compopt -o nospace; return ;;
  esac
  if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2)"; else _t2_files; fi
}
_t2_complete_t2build() {
  case $prev in
    -p|--plugin-dir) _t2_folders; return ;;
    -b|--build|-I|--ignore) _t2_files; return ;;
    -B|--backend) _t2_words 'meson cmake autotools autotools-out-of-tree cargo'; return ;;
    -O) _t2_words '0 g 1 2 3 s'; return ;;
  esac
  if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2build)"; else _t2_words "tranalyzer2 $(_t2_plugins)"; fi
}
_t2_complete_t2conf() {
  local word plugin='' names
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; tranalyzer2|utils) plugin=$word ;; *) [ -z "$plugin" ] && _t2_plugins | grep -qx "$word" && plugin=$word ;; esac
  done
  case $prev in
    -D|-G)
      names=$(for word in $plugin utils tranalyzer2; do t2conf "$word" -I 2>/dev/null; done)
      [ "$prev" = -D ] && { names=$(sed 's/$/=/' <<<"$names"); compopt -o nospace 2>/dev/null; }
      _t2_words "$names"; return ;;
    -C|-g|-L|-S|-s|-r|--patch|--rpatch) _t2_files; return ;;
    -p) _t2_folders; return ;;
  esac
  if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2conf)"; else _t2_words "tranalyzer2 utils $(_t2_plugins)"; fi
}
_t2_complete_t2plugin() { _t2_words "$(_t2_options t2plugin) -l=g -l=b -l=l2 -l=l4 -l=l7 -l=a -l=m -l=c -l=o"; }
_t2_complete_tawk() {
  local word file=''
  case $prev in
    -V|--var) _t2_words "$(tawk --names 2>/dev/null | sed 's/$/=/')"
      compopt -o nospace 2>/dev/null; return ;;
    -d) _t2_words "all t2nfdump examples t2custom $(tawk -n -e -g 2>/dev/null)"; return ;;
    -I|--input|-f|-i|-L|-r|-x|-X) _t2_files; return ;;
  esac
  for word in "${COMP_WORDS[@]:1}"; do [ -f "$word" ] && file=$word; done
  if [[ $cur == -* ]]; then
    _t2_words "$(_t2_options tawk)"
  elif [[ $cur =~ ^(.*[^A-Za-z0-9_])?([A-Za-z_][A-Za-z0-9_]*)$ && ( $cur == \'* || $cur == \"* ) ]]; then
    local head=${BASH_REMATCH[1]} tail=${BASH_REMATCH[2]}
    mapfile -t COMPREPLY < <(compgen -P "$head" -W "$(tawk -g 2>/dev/null | sed 's/$/(/') $([ -n "$file" ] && tawk -l "$file" | awk '{ print $2 }')" -- "$tail")
    compopt -o nospace 2>/dev/null
  else
    _t2_files
  fi
}
_t2_complete_t2stat() { _t2_words "$(_t2_options t2stat) -USR1 -INT -TERM"; }
_t2_complete_t2sql() { if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2sql)"; else _t2_files; fi; }
_t2_complete_t2report() {
  case $prev in
    --pictures) _t2_words "show cover none" ;;
    --columns) _t2_words "core all" ;;
    *) if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2report)"; else _t2_files; fi ;;
  esac
}
_t2_complete_t2top() { if [[ $cur == -* ]]; then _t2_words "$(_t2_options t2top)"; else _t2_files; fi; }
_t2_complete_tcol() { if [[ $cur == -* ]]; then _t2_words "$(_t2_options tcol)"; else _t2_files; fi; }

_t2_complete() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} name=${COMP_WORDS[0]##*/}
  [ "$name" = tranalyzer ] && name=t2
  COMPREPLY=()
  "_t2_complete_$name"
}
complete -F _t2_complete t2 tranalyzer t2build t2conf t2plugin t2report t2sql t2stat t2top tawk tcol
