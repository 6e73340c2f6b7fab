// What comes of the answers: counts, shares, exact intervals, a table to save. No page, no browser.
"use strict";

const tally = (() => {
    const LEVEL = 0.95;
    const SIDES = ["A", "B"];

    // The probability of at most k of n where each has probability p.
    function atMost(k, n, p) {
        if (k >= n || p <= 0) return 1;
        if (p >= 1) return 0;
        let log = n * Math.log1p(-p), sum = Math.exp(log);
        for (let i = 1; i <= k; i++) {
            log += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
            sum += Math.exp(log);
        }
        return Math.min(sum, 1);
    }

    // Where a falling function of [0, 1] passes a value.
    function crossing(falling, value) {
        let low = 0, high = 1;
        while (high - low > 1e-12) {
            const middle = (low + high) / 2;
            if (falling(middle) > value) low = middle; else high = middle;
        }
        return (low + high) / 2;
    }

    // Clopper and Pearson's interval for k of n (Biometrika 26, 1934): [low, high].
    function interval(k, n) {
        const tail = (1 - LEVEL) / 2;
        return [
            k === 0 ? 0 : crossing((p) => atMost(k - 1, n, p), 1 - tail),
            k === n ? 1 : crossing((p) => atMost(k, n, p), tail),
        ];
    }

    // What stands behind a passage's `key`: {engine: its side, 0 or 1, title, composer}.
    function revealed(passage) {
        return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(passage.key), (c) => c.charCodeAt(0))));
    }

    const complete = (answer) => Boolean(answer && answer.which && answer.prefer);

    // Answers beside what is true; those that are not complete are left out.
    function judged(passages, answers) {
        return passages.flatMap((passage, index) => {
            const answer = answers[index];
            if (!complete(answer)) return [];
            const {engine, title, composer} = revealed(passage);
            const side = SIDES[engine];
            return [{
                passage: index + 1, title, composer, engine: side, which: answer.which, prefer: answer.prefer,
                known: Boolean(answer.known),
                found: answer.which === "?" ? "" : answer.which === side ? "wrong" : "right",
                preferred: answer.prefer === "=" ? "" : answer.prefer === side ? "engine" : "composer",
            }];
        });
    }

    // Counts; pieces that the listener knows are only counted as such, for they are no guesses.
    function summary(passages, answers) {
        const all = judged(passages, answers), heard = all.filter((row) => !row.known);
        const count = (column, value) => heard.filter((row) => row[column] === value).length;
        return {
            answered: all.length, known: all.length - heard.length,
            right: count("found", "right"), wrong: count("found", "wrong"), untold: count("found", ""),
            engine: count("preferred", "engine"), composer: count("preferred", "composer"), equal: count("preferred", ""),
        };
    }

    const COLUMNS = ["passage", "title", "composer", "engine", "which", "prefer", "known", "found", "preferred"];

    // The answers as comma-separated values (RFC 4180).
    function csv(passages, answers) {
        const cell = (value) => `"${String(value).replaceAll('"', '""')}"`;
        const rows = judged(passages, answers).map((row) => COLUMNS.map((name) => row[name]));
        return [COLUMNS, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
    }

    return {SIDES, atMost, complete, csv, interval, judged, revealed, summary};
})();

if (typeof module !== "undefined") module.exports = tally;
