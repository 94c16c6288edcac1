#!/usr/bin/env bash
# Sets parameters of the stack in samconfig.toml, where `sam deploy --guided` has written them, and where each later
# `sam deploy` reads them. A parameter that is set on the command line (--parameter-overrides) is undone by the next deploy.
#
#   scripts/set-parameter.sh NAME=VALUE... && sam deploy
#   scripts/set-parameter.sh                     prints the parameters in the file
#
# Options, as those of sam: --config-file FILE, --config-env NAME.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
config=$root/samconfig.toml environment=default

fail() {
    echo "set-parameter: $*" >&2
    exit 1
}

while (($#)); do
    case $1 in
        --config-file) config=${2:?set-parameter: --config-file needs a file}; shift 2 ;;
        --config-env) environment=${2:?set-parameter: --config-env needs a name}; shift 2 ;;
        -*) fail "unknown option $1; write NAME=VALUE, --config-file FILE or --config-env NAME" ;;
        *) break ;;
    esac
done
[[ -f $config ]] || fail "$config does not exist; run \`sam deploy --guided\` first"

# Prints the names of the template's parameters.
parameters() {
    awk '/^[A-Za-z]/ { inside = ($1 == "Parameters:") } inside && /^  [A-Za-z0-9]+:/ { gsub(/[ :]/, ""); print }' \
        "$root/template.yaml"
}

check() {
    local name=${1%%=*} value=${1#*=}
    [[ $1 == *=* ]] || fail "'$1' is not NAME=VALUE"
    parameters | grep -qxF -- "$name" ||
        fail "$name is not a parameter of template.yaml; it has: $(parameters | tr '\n' ' ' | sed 's/ $//')"
    [[ $name != NumberHashKey ]] || fail "NumberHashKey is a secret and does not belong in a file; set it with \`sam deploy --guided\`, which keeps it out of $config"
    # No parameter needs these, and sam and TOML would each read them in their own way.
    [[ $value != *[[:cntrl:]\"\\]* ]] || fail "the value of $name has a quotation mark, a backslash or a control character; remove it"
}

# Prints a warning if a change has an effect that its name does not show.
warn() {
    case $1 in
        RulesTableName=* | ExistingRulesTable=)
            echo "  If no table of that name exists, the stack makes a new, empty one, and no rule applies until you load rules. The rules of the old table stay there." ;;
        ExistingRulesTable=*)
            echo "  The changes of this table are kept in the journal only if ExistingRulesTableStreamArn is the ARN of its stream." ;;
        AttemptsTableName=*)
            echo "  The stack makes a new, empty table: every cap counts from zero. The counts of the old table stay there." ;;
        JournalTableName=*)
            echo "  The stack makes a new, empty journal table: the tools know nothing of earlier changes. The entries of the old table stay there." ;;
        Journal=no)
            echo "  No change of a rule is kept from then on. The journal table and its entries stay, outside of the stack: Journal=yes later needs another JournalTableName, or an import of the table into the stack." ;;
        JournalRetentionDays=*)
            echo "  This applies to later entries only. Each entry already has the date on which it is deleted." ;;
        ReservedConcurrency=0)
            echo "  The function answers no calls: your default outcome at the vendor applies to each." ;;
        LogRetentionDays=*)
            echo "  If this is less than before, older decision records are deleted within days." ;;
    esac
}

for assignment in "$@"; do check "$assignment"; done

# Edits the line `parameter_overrides = "…"` of the section, or adds it. It prints the new file, and what it changed to file
# descriptor 3. Every other line, and every other parameter, stays as it is.
edit() {
    ASSIGNMENTS=$(printf '%s\n' "$@") SECTION="$environment.deploy.parameters" awk '
        function bad(text) { print text >"/dev/stderr"; failed = 1; exit 1 }
        # The text between the quotation marks of a TOML string, as sam reads it.
        function unescaped(text) { gsub(/\\"/, "\"", text); return text }
        function escaped(text) { gsub(/"/, "\\\"", text); return text }
        # Reads NAME="value" and NAME=value, separated by blanks, into names and values.
        function read_parameters(text,   name, value) {
            count = 0
            while (match(text, /^ *[A-Za-z0-9]+=/)) {
                name = substr(text, 1, RLENGTH - 1)
                sub(/^ */, "", name)
                text = substr(text, RLENGTH + 1)
                if (!match(text, /^"[^"\\]*"/) && !match(text, /^[^ "\\]*/)) RLENGTH = 0
                value = substr(text, 1, RLENGTH)
                text = substr(text, RLENGTH + 1)
                if (text != "" && substr(text, 1, 1) != " ") break
                gsub(/"/, "", value)
                names[++count] = name
                values[name] = value
            }
            if (text !~ /^ *$/) bad("cannot read parameter_overrides from here on: " text)
        }
        function changed_line(   i, parts, name, value, text) {
            for (i = 1; i <= assigned; i++) {
                name = assignments[i]; sub(/=.*/, "", name)
                value = assignments[i]; sub(/^[^=]*=/, "", value)
                if (name in values) {
                    print name ": " (values[name] == "" ? "(empty)" : values[name]) " -> " (value == "" ? "(empty)" : value) >"/dev/fd/3"
                } else {
                    names[++count] = name
                    print name ": " (value == "" ? "(empty)" : value) >"/dev/fd/3"
                }
                values[name] = value
            }
            for (i = 1; i <= count; i++) text = text (i > 1 ? " " : "") names[i] "=\"" values[names[i]] "\""
            if (!assigned) for (i = 1; i <= count; i++) print names[i] "=" values[names[i]] >"/dev/fd/3"
            return "parameter_overrides = \"" escaped(text) "\""
        }
        # Adds the line at the end of the section, before the empty lines after it.
        function flush() {
            if (inside && !found) { found = 1; added = 1; print changed_line() }
            printf "%s", empty; empty = ""
        }
        BEGIN {
            assigned = split(ENVIRON["ASSIGNMENTS"], assignments, "\n")
            if (ENVIRON["ASSIGNMENTS"] == "") assigned = 0
            header = "[" ENVIRON["SECTION"] "]"
            global_header = header
            sub(/\.deploy\./, ".global.", global_header)
        }
        { sub(/\r$/, "") }
        /^[ \t]*\[/ {
            flush()
            title = $0; gsub(/[ \t]/, "", title); sub(/#.*/, "", title)
            inside = (title == header)
            if (inside) has_section = 1
        }
        title == global_header && /^[ \t]*parameter_overrides[ \t]*=/ { has_global = 1 }
        inside && /^[ \t]*$/ { empty = empty $0 "\n"; next }
        inside && /^[ \t]*parameter_overrides[ \t]*=/ {
            text = $0
            if (text !~ /^[ \t]*parameter_overrides[ \t]*=[ \t]*"([^"\\]|\\")*"[ \t]*(#.*)?$/)
                bad("parameter_overrides is not one text in quotation marks; edit it by hand")
            sub(/^[^"]*"/, "", text)
            match(text, /^([^"\\]|\\")*/)
            rest = substr(text, RLENGTH + 2)
            read_parameters(unescaped(substr(text, 1, RLENGTH)))
            found = 1
            printf "%s", empty; empty = ""
            print changed_line() rest
            next
        }
        { printf "%s", empty; empty = ""; print }
        END {
            if (failed) exit 1
            flush()
            if (!has_section) { added = 1; print "\n" header; print changed_line() }
            # sam would read only those of the section for deploy.
            if (added && assigned && has_global) bad("parameter_overrides is in " global_header "; move it to " header " first")
        }
    ' "$config"
}

new=$(mktemp "$config.XXXXXX")
trap 'rm -f "$new" "$new.said" "$new.error"' EXIT
edit "$@" 3>"$new.said" >"$new" 2>"$new.error" || fail "$config: $(cat "$new.error")"
cat "$new.said"
(($#)) || exit 0
for assignment in "$@"; do warn "$assignment"; done
# The content, not the file: its rights and its links stay.
cat "$new" >"$config"
echo "written to $config; to apply it, run \`sam deploy\`$([[ $environment == default ]] || echo " --config-env $environment")"
