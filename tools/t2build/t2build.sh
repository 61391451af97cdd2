#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# t2build: builds what has changed, checks it, and activates plugins by copying them into the plugin
# folder: what lies there is what t2 runs (spec tools 1).
set -uo pipefail

# Messages must not land in a file that takes the place of a closed descriptor.
{ : >&1; } 2>/dev/null || exec >/dev/null
{ : >&2; } 2>/dev/null || exec 2>/dev/null

default_set=(basicFlow basicStats connStat ftpDecode icmpDecode macRecorder portClassifier protoStats tcpFlags
  tcpStates txtSink)
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
prefix=$(dirname "$here")
HOME=${HOME:-}
folder=$HOME/.tranalyzer/plugins
own=$HOME/.tranalyzer/sources # plugins that t2plugin -c made without a source tree of T2++
operation=build answer_yes=no sinks=yes bypass=no verbose=no force=no package=
names=() failed=() logs=() ignored=() built=()

usage() {
  cat <<EOF
Usage: t2build [OPTION...] [PLUGIN...]
Builds and activates plugins; tranalyzer2 is the core. Without names: the core and the default set.

  -a, --all            all plugins
  -b, --build [FILE]   the plugins listed in FILE, one per line (plugins.build in T2HOME)
  -I, --ignore FILE    with -a: without those listed in FILE
  -R, --rebuild        all plugins that are active
      --no-sink        leave out plugins that write output
  -u, --unload         deactivate the named plugins
  -c, --clean          remove what was built of the named plugins; with -e: empty the folder first
  -k[Jjtz], --package  one archive per plugin in this folder: xz, bz2, plain tar, gzip (default)
  -K[Jjtz]             one archive of all the named plugins
  -e, --empty          empty the plugin folder
  -l, --list           list the active plugins
  -p, --plugin-dir DIR another plugin folder (~/.tranalyzer/plugins)
  -f, --force          overwrite data files in the plugin folder (those of plugins/NAME/data)
  -X, --bypass-lock    go on although another t2build runs
  -y, --yes            answer yes to every question
  -v, --verbose        say what the options without effect would do
  -h, --help           this help

Without effect for plugins that come with T2++: -d -P -O L --lto -L -r -1 -D -i -U -B NAME -G NAME --iwyu

Examples:
  t2build -e -y                                      deactivate everything
  t2build tranalyzer2 basicFlow tcpStates txtSink    build and activate
  t2build ftpDecode                                  after editing plugins/ftpDecode
EOF
}

# printable TEXT: nothing in it that a terminal would obey, no line end, no bytes that are no UTF-8
printable() {
  case $1 in *[!a-zA-Z0-9_./:=,+\ -]*) ;; *) return 0 ;; esac
  printf '%s' "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 &&
    ! printf '%s' "$1" | LC_ALL=C.UTF-8 grep -qzP '[\x{0}-\x{1f}\x{7f}-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]'
}
shown_lines() { # of standard input
  local line
  while IFS= read -r line || [ -n "$line" ]; do shown "${line//$'\t'/ }"; printf '\n'; done
}
shown() { # TEXT: as it may be shown
  if printable "$1"; then printf '%s' "$1"; else (LC_ALL=C; printf '%q' "$1"); fi
}
colour() { # CODE TEXT, on terminals only
  if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[%sm%s\033[0m\n' "$1" "$2"; else printf '%s\n' "$2"; fi
}
block() { printf '\n'; colour "$1" "$2"; printf '\n'; }
fail() { # MESSAGE [HINT...]: one line on stderr, then the hints; exit 1
  printf '%s\n' "$@" >&2
  exit 1
}
hint="Try 't2build --help' for more information."

# ask QUESTION: true for y or yes, in any case
ask() {
  local reply
  printf '%s (y/N)? ' "$1"
  if [ $answer_yes = yes ]; then printf 'yes\n'; return 0; fi
  read -r reply || { printf '\n'; return 1; }
  case ${reply,,} in y|yes) return 0 ;; *) return 1 ;; esac
}

source_home() { # the source tree, or nothing
  if [ -n "${T2HOME:-}" ]; then printf '%s\n' "$T2HOME"
  elif [ -r "$prefix/share/tranalyzer/home" ]; then head -n 1 "$prefix/share/tranalyzer/home"
  elif [ -f "$prefix/../../CMakeLists.txt" ]; then readlink -f "$prefix/../.."; fi
}
home=$(source_home)

# installed NAME: the library that came with the installation, or nothing
installed() {
  local so
  for so in "$prefix"/lib*/tranalyzer/plugins/[0-9][0-9][0-9]_"$1".so \
            "$prefix"/lib/*/tranalyzer/plugins/[0-9][0-9][0-9]_"$1".so \
            "$prefix"/plugins/[0-9][0-9][0-9]_"$1".so; do
    [ -f "$so" ] && { printf '%s\n' "$so"; return; }
  done
}
# build_tree SOURCE: the configured build folder of a source tree, if it can be used; the one that this script
# stands in first, so that the programs of one build never replace those of another
build_tree() {
  local tree source=$1
  for tree in "$prefix" "$source/build/release"; do
    configured "$tree" "$source" && [ -w "$tree" ] && command -v cmake >/dev/null && { printf '%s\n' "$tree"; return; }
  done
  return 1
}
configured() { # TREE SOURCE
  [ -f "$1/CMakeCache.txt" ] && grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$2" "$1/CMakeCache.txt"
}
# why_not_built SOURCE: why build_tree finds none
why_not_built() {
  local tree
  command -v cmake >/dev/null || { echo "cmake is not installed"; return; }
  for tree in "$prefix" "$1/build/release"; do
    if configured "$tree" "$1"; then printf "the build folder '%s' cannot be written to\n" "$tree"; return; fi
  done
  printf "there is no build folder '%s': run %s/setup.sh\n" "$1/build/release" "$1"
}
# source_of PLUGIN: the source tree that it lies in, or nothing
source_of() {
  local tree
  for tree in "$own" "$home"; do
    [ -n "$tree" ] && [ -f "$tree/plugins/$1/NUMBER" ] && { printf '%s\n' "$tree"; return; }
  done
  return 1
}
known() { [ "$1" = tranalyzer2 ] || [ -n "$(installed "$1")" ] || source_of "$1" >/dev/null; }
all_plugins() {
  local path
  {
    for path in "$home"/plugins/*/NUMBER "$own"/plugins/*/NUMBER; do [ -f "$path" ] && basename "$(dirname "$path")"; done
    for path in "$prefix"/lib*/tranalyzer/plugins/*.so "$prefix"/lib/*/tranalyzer/plugins/*.so; do
      [ -f "$path" ] && basename "$path" .so | cut -c5-
    done
  } | sort -u | grep -vxE 't2PSkel|tcpWin'
}
active_plugins() {
  local so
  for so in "$folder"/[0-9][0-9][0-9]_*.so; do [ -e "$so" ] && basename "$so" .so | cut -c5-; done | sort
}
names_in() { # FILE: plugin names, one per line, comments and numbers removed
  sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' -e 's/\.so$//' -e 's/^[0-9][0-9][0-9]_//' "$1"
}

# check_stamp LIBRARY: whether the installed t2 takes it; otherwise its message
check_stamp() {
  local alone message status=0
  alone=$(mktemp -d)
  ln -s "$1" "$alone/$(basename "$1")"
  # Without HOME: no setting of the user is in the way.
  message=$(HOME='' "$here/t2" -p "$alone/" --describe 2>&1 >/dev/null) || status=$?
  rm -rf "$alone"
  case $message in *': missing dependencies: '*) return 0 ;; esac # of plugins that are built beside it
  [ $status -ne 0 ] || return 0
  printf '%s\n' "${message:-t2 ended with status $status when it loaded $1}"
  return 1
}

# compile TREE LOG TARGET...: what fails leaves the compiler's first lines in LOG
compile() {
  local tree=$1 log=$2 errors
  shift 2
  cmake --build "$tree" --target "$@" >"$log" 2>&1 && return
  errors=$(sed -n '/: \(fatal \)\?error: \|CMake Error\|undefined reference\|^ninja: /,$p' "$log" | head -n 20)
  [ -n "$errors" ] || errors=$(tail -n 20 "$log")
  printf '%s\n' "$errors" >"$log"
  return 1
}

build_core() {
  local tree log program
  local programs=(t2 tcol tawk t2conf t2plugin)  # scripts such as this one are not built
  printf "'Tranalyzer2'\n"
  if [ -z "$home" ] || [ ! -f "$home/CMakeLists.txt" ]; then
    printf 'tranalyzer2 as installed\n'
  elif ! tree=$(build_tree "$home"); then
    printf 'tranalyzer2 as installed: %s\n' "$(shown "$(why_not_built "$home")")"
  else
    log=$(mktemp)
    if ! compile "$tree" "$log" "${programs[@]}"; then failed+=(tranalyzer2); logs+=("$log"); return 1; fi
    rm -f "$log"
    for program in "${programs[@]}"; do
      [ "$tree/bin" != "$here" ] && [ -w "$here" ] && ! cmp -s "$tree/bin/$program" "$here/$program" || continue
      install -m 755 "$tree/bin/$program" "$here/.$program.new" && mv -f "$here/.$program.new" "$here/$program"
    done
  fi
  [ -x "$here/t2" ] || { failed+=(tranalyzer2); return 1; }
  if [ -n "${tree:-}" ]; then block 32 "tranalyzer2 successfully built"; else printf '\n'; fi
}

# copy_into_folder LIBRARY NAME: a running t2 keeps the library it has loaded
copy_into_folder() {
  mkdir -p "$folder" && install -m 755 "$1" "$folder/.$2.new" || return 1
  rm -f "$folder"/[0-9][0-9][0-9]_"$2".so
  mv -f "$folder/.$2.new" "$folder/$(basename "$1")"
}

edited_since() { # FOLDER LIBRARY
  [ -n "$(find "$1/src" -type f -newer "$2" -print -quit 2>/dev/null)" ]
}

configure_own() { # LOG: the user's plugins are built against the installed package
  [ ! -f "$own/build/release/CMakeCache.txt" ] || return 0
  cmake -S "$own" -B "$own/build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" >"$1" 2>&1
}

# library_came TREE NAME: of a plugin that was left out because of a missing library
library_came() {
  cmake "$1" >/dev/null 2>&1
  [ ! -f "$1/plugins/$2.left_out" ]
}

build_plugin() { # NAME
  local name=$1 source tree log so message done_text="as installed"
  printf "Plugin '%s'\n" "$name"
  log=$(mktemp)
  so=$(installed "$name")
  if source=$(source_of "$name"); then
    [ "$source" != "$own" ] || configure_own "$log" || { failed+=("$name"); logs+=("$log"); return 1; }
    if tree=$(build_tree "$source"); then
      if [ -f "$tree/plugins/$name.left_out" ] && ! library_came "$tree" "$name"; then
        cp "$tree/plugins/$name.left_out" "$log"
        failed+=("$name"); logs+=("$log")
        return 1
      fi
      if ! compile "$tree" "$log" "$name"; then failed+=("$name"); logs+=("$log"); return 1; fi
      so=$tree/plugins/$(head -n 1 "$source/plugins/$name/NUMBER")_$name.so
      done_text="successfully built"
    elif [ -z "$so" ] || edited_since "$source/plugins/$name" "$so"; then
      printf '%s was not compiled: %s\n' "$name" "$(why_not_built "$source")" >"$log"
      failed+=("$name"); logs+=("$log")
      return 1
    else
      done_text="as installed: $(shown "$(why_not_built "$source")")"
    fi
  fi
  if ! message=$(check_stamp "$so"); then
    printf '%s\n' "$message" >"$log"
    failed+=("$name"); logs+=("$log")
    return 1
  fi
  rm -f "$log"
  colour 32 "$name $done_text"
  copy_into_folder "$so" "$name" || { failed+=("$name"); return 1; }
  block 32 "Plugin $name copied into $(shown "$folder")"
  built+=("$name")
  copy_data "$name"
}

# Where the data files of a plugin lie: beside its source, or as installed.
data_of() {
  local path
  for path in "$home/plugins/$1/data" "$prefix/share/tranalyzer/data/$1"; do
    [ -d "$path" ] && { printf '%s\n' "$path"; return; }
  done
}
copy_data() { # NAME: a file that differs is kept unless -f
  local source target name data
  data=$(data_of "$1")
  [ -n "$data" ] || return 0
  for source in "$data"/*; do
    [ -f "$source" ] || continue
    name=$(basename "$source") target=$folder/$(basename "$source")
    if [ ! -e "$target" ] || { [ $force = yes ] && ! cmp -s "$source" "$target"; }; then
      if install -m 644 "$source" "$folder/.$name.new" && mv -f "$folder/.$name.new" "$target"; then
        printf '%s copied into %s\n' "$name" "$(shown "$folder")"
      else
        failed+=("$1")
      fi
    elif cmp -s "$source" "$target"; then
      printf '%s already exists in %s\n' "$name" "$(shown "$folder")"
    else
      printf "A different version of %s already exists in %s\nUse 't2build -f %s' to replace it\n" "$name" "$(shown "$folder")" "$1"
    fi
  done
}

clean_plugin() { # NAME: objects and library in the build folder; shipped ones have none
  local tree source
  source=$(source_of "$1") && tree=$(build_tree "$source") || return 0
  [ "$1" != tranalyzer2 ] || return 0
  rm -rf "$tree/plugins/CMakeFiles/$1.dir/$1" || failed+=("$1")
  rm -f "$tree"/plugins/[0-9][0-9][0-9]_"$1".so || failed+=("$1")
}

# package_plugins ARCHIVE NAME...: their source folders
package_plugins() {
  local flag=$package suffix archive name=$1 log
  shift
  case $flag in J) suffix=.xz ;; j) suffix=.bz2 ;; z) suffix=.gz ;; *) suffix='' ;; esac
  archive=$name.tar$suffix
  if [ -e "$archive" ] && ! ask "'$archive' exists already. Overwrite it"; then
    printf "'%s' is kept: -y overwrites it\n" "$archive" >&2
    failed+=("$@")
    return
  fi
  log=$(mktemp)
  if tar -c -a -f ".new.$archive" -C "$(source_of "$name" || source_of "$1")/plugins" "$@" 2>"$log" && mv -f ".new.$archive" "$archive"; then
    rm -f "$log"
    printf '%s written\n' "$archive"
  else
    rm -f ".new.$archive"
    failed+=("$@"); logs+=("$log")
  fi
}

unload_plugin() { # NAME
  rm -f "$folder"/[0-9][0-9][0-9]_"$1".so || failed+=("$1")
}

# Files that the plugin folder may hold, besides plugins.
data_file() {
  local path
  case $1 in
    plugins.txt|plugins.load|plugins.build|plugins.saved|proto.txt|portmap.txt|ethertypes.txt|subnets[46]*|*.config) return 0 ;;
  esac
  for path in "$home"/plugins/*/data/"$1" "$prefix"/share/tranalyzer/data/*/"$1"; do
    [ -f "$path" ] && return 0
  done
  return 1
}

empty_folder() {
  local path name left=() kept=()
  [ -d "$folder" ] || { printf 'Plugin folder does not exist\n'; return 0; }
  case $(readlink -f "$folder") in
    /|"$(readlink -f "$HOME")") fail "'$(shown "$folder")' is not a plugin folder" ;;
  esac
  [ ! -L "${folder%/}" ] || fail "'$(shown "$folder")' is a symbolic link: empty the folder it points to"
  ask "Are you sure you want to empty the plugin folder '$(shown "$folder")'" || { printf 'Plugin folder not emptied\n'; return 1; }
  for path in "$folder"/* "$folder"/.[!.]*; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    name=$(basename "$path")
    case $name in
      [0-9][0-9][0-9]_*.so) rm -f "$path" || kept+=("$name") ;;
      *) if [ -f "$path" ] && data_file "$name"; then rm -f "$path" || kept+=("$name"); else left+=("$(shown "$name")"); fi ;;
    esac
  done
  [ ${#kept[@]} -eq 0 ] || fail "Plugin folder '$(shown "$folder")' not emptied: ${#kept[@]} file(s) could not be removed"
  if [ ${#left[@]} -gt 0 ]; then
    printf "Not a plugin, left in '%s': %s\n" "$(shown "$folder")" "${left[*]}"
  else
    rmdir "$folder" || exit 1
  fi
  printf 'Plugin folder emptied\n'
}

lock() {
  [ $bypass = yes ] && return
  mkdir -p "$HOME/.tranalyzer" || exit 1
  exec 9>"$HOME/.tranalyzer/t2build.lock"
  flock -n 9 || fail "Another t2build process is currently running" \
    "Wait until it has ended, or use -X if you are sure that it is safe"
}

needs_argument() { [ "$2" -ge 2 ] || fail "Option '$1' requires an argument" "$hint"; }

no_effect() { [ $verbose = yes ] && printf "Option '%s' has no effect\n" "$(shown "$1")"; return 0; }

archive_kind() { # OPTION: J, j, t or z
  case $1 in *J|*-xz) echo J ;; *j|*-bz2) echo j ;; *t|*-tar) echo t ;; *) echo z ;; esac
}

names_file() { # WORD behind -b: a file, there or not; no option and no plugin
  [ -f "$1" ] || case $1 in -*) false ;; *) ! known "${1%/}" ;; esac
}

empty_first=no
parse() {
  local rebuild=no everything=no listed='' line
  while [ $# -gt 0 ]; do
    case $1 in
      -a|--all) everything=yes ;;
      -b|--build)
        listed=$home/plugins.build
        if [ $# -ge 2 ] && names_file "$2"; then listed=$2; shift; fi
        [ -e "$listed" ] || fail "Failed to open file '$(shown "$listed")' for reading: No such file or directory"
        [ ! -d "$listed" ] || fail "Failed to open file '$(shown "$listed")' for reading: Is a directory"
        [ -r "$listed" ] || fail "Failed to open file '$(shown "$listed")' for reading: Permission denied" ;;
      -I|--ignore) needs_argument "$1" $#
        [ -f "$2" ] || fail "Failed to open file '$(shown "$2")' for reading: No such file or directory"
        mapfile -t ignored < <(names_in "$2"); shift ;;
      -R|--rebuild) rebuild=yes ;;
      --no-sink) sinks=no ;;
      -u|--unload) operation=unload ;;
      -e|--empty) if [ $operation = clean ]; then empty_first=yes; else operation=empty; fi ;;
      -l|--list) operation=list ;;
      -p|--plugin-dir) needs_argument "$1" $#; folder=${2%/}; folder=${folder:-/}; shift ;;
      -f|--force) force=yes ;;
      -c|--clean) if [ $operation = empty ]; then empty_first=yes; fi; operation=clean ;;
      -K|-K[Jjtz]|--package-all|--package-all-*) operation=package_all package=$(archive_kind "$1") ;;
      -k|-k[Jjtz]|--package|--package-*) operation=package package=$(archive_kind "$1") ;;
      -U|--update) operation=update ;;
      -X|--bypass-lock) bypass=yes ;;
      -y|--yes) answer_yes=yes ;;
      -v|--verbose) verbose=yes ;;
      -O|-B|--backend|-G) needs_argument "$1" $#; no_effect "$1"; shift ;;
      -d|--debug|-P|--profile|--iwyu|-O?|--lto|-L|--lazy|-r|--configure|-1|-D|--doc|-i|--install|-B=*)
        no_effect "$1" ;;
      --reset) fail "Unknown option '--reset'" "Did you mean to call 't2conf $(shown "$original")' instead?" ;;
      -h|-\?|--help) usage || exit 1; exit 0 ;;
      -*) fail "Unknown option '$(shown "$1")'" "$hint" ;;
      *) names+=("${1%/}") ;;
    esac
    shift
  done
  [ $everything = no ] || while read -r line; do
    [[ " ${ignored[*]} " == *" $line "* ]] || names+=("$line")
  done < <(all_plugins)
  [ -z "$listed" ] || mapfile -t -O "${#names[@]}" names < <(names_in "$listed")
  [ $rebuild = no ] || mapfile -t -O "${#names[@]}" names < <(active_plugins)
  if [ $everything = yes ] || [ -n "$listed" ] || [ $rebuild = yes ]; then names=(tranalyzer2 "${names[@]}"); fi
  if [ $operation != list ] && [ $operation != empty ] && [ $operation != unload ] && [ ${#names[@]} -eq 0 ]; then
    names=(tranalyzer2)
    for line in "${default_set[@]}"; do known "$line" && names+=("$line"); done
  fi
}

is_sink() { case $1 in *Sink|findexer|payloadDumper|pcapd) return 0 ;; esac; return 1; }

run_all() {
  local name packed=()
  for name in "${names[@]}"; do
    known "$name" || { failed+=("$(shown "$name")"); printf "Plugin '%s' could not be found\n" "$(shown "$name")" >&2; }
  done
  for name in "${names[@]}"; do
    known "$name" || continue
    [ $sinks = yes ] || ! is_sink "$name" || continue
    case $operation-$name in
      unload-tranalyzer2) ;;
      unload-*) unload_plugin "$name" ;;
      clean-*) clean_plugin "$name" ;;
      package*-tranalyzer2|update-tranalyzer2) ;;
      package*-*) if source_of "$name" >/dev/null; then packed+=("$name"); else failed+=("$name"); fi ;;
      update-*) printf "Plugin '%s' has no data to update\n" "$name" ;;
      *-tranalyzer2) build_core || break ;;
      *) build_plugin "$name" ;;
    esac
  done
  [ ${#packed[@]} -gt 0 ] || return 0
  if [ $operation = package_all ]; then package_plugins t2plugins "${packed[@]}"; return; fi
  for name in "${packed[@]}"; do package_plugins "$name" "$name"; done
}

summary() {
  local log verb done_text
  case $operation in
    unload) verb=unloaded done_text=UNLOADING ;;
    clean) verb=cleaned done_text=CLEANING ;;
    package*) verb=packaged done_text=PACKAGING ;;
    update) verb=updated done_text=UPDATING ;;
    *) verb=built done_text=BUILDING ;;
  esac
  if [ ${#failed[@]} -eq 0 ]; then block 32 "$done_text SUCCESSFUL"; return 0; fi
  printf '\nThe following plugins could not be %s:\n' "$verb" >&2
  printf '%s\n' "${failed[@]}" | sort -u | sed 's/^/    /' >&2
  for log in "${logs[@]}"; do printf '\n' >&2; shown_lines <"$log" >&2; rm -f "$log"; done
  return 1
}

# left_out: what was built and t2 does not load, because of the list in the plugin folder
left_out() {
  local list=$folder/plugins.txt mode name listed left=()
  [ ${#built[@]} -gt 0 ] && [ -f "$list" ] || return 0
  mode=$("$here/t2conf" tranalyzer2 -G USE_PLLIST 2>/dev/null)
  for name in "${built[@]}"; do
    if names_in "$list" | grep -qx "$name"; then listed=yes; else listed=no; fi
    case ${mode##* }-$listed in 2-yes|1-no) left+=("$name") ;; esac
  done
  [ ${#left[@]} -gt 0 ] || return 0
  printf "t2 does not load %s because of the list '%s': %s, or remove the list to load all plugins\n" \
    "${left[*]}" "$(shown "$list")" "$([ "${mode##* }" = 2 ] && echo "take out the name" || echo "add the name")" >&2
}

original=$*
parse "$@"
[ -n "$HOME" ] || fail "HOME is not set: it is the folder that plugins and settings lie in"
case $operation in
  list)
    [ -n "$(active_plugins)" ] || { printf "No plugins in '%s'\n" "$(shown "$folder")" || exit 1; exit 0; }
    active_plugins | while read -r name; do printf '%s\n' "$(shown "$name")" || exit 1; done
    exit "${PIPESTATUS[1]}" ;;
  empty) lock; empty_folder; exit ;;
esac
lock
if [ $empty_first = yes ]; then empty_folder || exit 1; fi
run_all
summary
status=$?
left_out
exit $status
