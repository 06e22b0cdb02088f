#!/bin/sh
# report.sh BUILD_DIR [TABLE;TABLE...]: makes Markdown tables of BUILD_DIR/bench/results.tsv, all of them or those named: for each
# row the medians with the smallest and largest value in brackets, and how many times as long the best peer takes, for each
# of airrt's columns: above 1 airrt is ahead. Without names writes BUILD_DIR/bench/results.md, with the machine in front.
set -u
export LC_ALL=C
results=$1/bench/results.tsv
[ -f "$results" ] || { echo "no $results: make bench" >&2 && exit 1; }
tables() {
    awk -F '\t' -v wanted="$*" '
        function sort(list, v,    i, j, t, n) { # the values in order; sets low and high, returns the median
            n = split(list, v, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            low = v[1]; high = v[n]
            return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
        }
        function short(x) { return x >= 100 || x == int(x) ? sprintf("%.0f", x) : sprintf(x < 10 ? "%.2f" : "%.1f", x) }
        function ours(impl) { return impl ~ /^airrt/ }
        function print_table(t,    c, r, row, line, rule, best, who, ratios, m, mine, column, columns) {
            columns = 0
            for (c = 1; c <= impls[t]; c++) if (ours(impl[t, c])) column[++columns] = impl[t, c]
            for (c = 1; c <= impls[t]; c++) if (!ours(impl[t, c])) column[++columns] = impl[t, c]
            line = "| " t " |"; rule = "|---|"
            for (c = 1; c <= columns; c++) { line = line " " column[c] " |"; rule = rule "---:|" }
            print line " best peer / airrt |\n" rule "---:|"
            for (r = 1; r <= rows[t]; r++) {
                row = name[t, r]; line = "| " row ", " unit[t, row] " |"
                best = ""; mine = ""
                for (c = 1; c <= columns; c++) {
                    if (!((t, row, column[c]) in all)) { line = line " – |"; if (ours(column[c])) mine = mine " –"; continue }
                    m = sort(all[t, row, column[c]])
                    line = line " " short(m) (low == high ? "" : " (" short(low) "–" short(high) ")") " |"
                    if (ours(column[c])) mine = mine " " m
                    else if (column[c] == "floor") continue # nobody, but the machine
                    else if (best == "" || m < best) { best = m; who = column[c] }
                }
                ratios = ""
                if (best != "" && best > 0)
                    for (c = split(mine, m_, " "); c >= 1; c--)
                        ratios = (m_[c] + 0 > 0 ? sprintf("%.2f", best / m_[c]) : "–") (ratios == "" ? "" : ", ") ratios
                print line " " (ratios == "" ? "– |" : ratios " (" who ") |")
            }
            print ""
        }
        /^#/ || $1 == "table" { next }
        {
            if (!($1 in impls)) { table[++tables] = $1; impls[$1] = rows[$1] = 0 }
            if (!(($1, $4) in seen_impl)) { seen_impl[$1, $4] = 1; impl[$1, ++impls[$1]] = $4 }
            if (!(($1, $2) in unit)) { unit[$1, $2] = $3; name[$1, ++rows[$1]] = $2 }
            all[$1, $2, $4] = all[$1, $2, $4] " " $6
        }
        END {
            if (wanted == "") for (i = 1; i <= tables; i++) print_table(table[i])
            else { n = split(wanted, list, ";"); for (i = 1; i <= n; i++) if (list[i] in impls) print_table(list[i]) }
        }' "$results"
}
if [ $# -gt 1 ]; then
    tables "$2"
    exit
fi
report=$1/bench/results.md
{
    echo '# Benchmarks'
    echo
    sed -n 's/^# /- /p' "$results"
    if [ -s "$1/bench/failures.txt" ]; then
        echo
        echo 'Failed:'
        echo
        sed 's/^/- /' "$1/bench/failures.txt"
    fi
    echo
    echo 'Medians, with the smallest and largest value in brackets. The last column: how many times as long as airrt the best'
    echo 'peer takes; with several columns of airrt one for each.'
    echo
    tables ''
} >"$report"
echo "wrote $report"
