// The page: shows a passage, plays its sides, keeps the answers, and tells what came of them.
"use strict";

(() => {
    const byId = (id) => document.getElementById(id);
    const {set, demonstration, passages} = window.LISTEN || {passages: []};
    if (!passages.length) return;

    const KEPT = `obbligato-listen-${set}`;
    const form = byId("answer"), players = [...document.querySelectorAll(".play")];
    const pictures = [...document.querySelectorAll(".music")], whose = [...document.querySelectorAll(".whose")];
    let state = kept();  // {answers: by index, closed: whether the result was shown}
    let current = 0;

    function kept() {
        try {
            return JSON.parse(localStorage.getItem(KEPT)) || {answers: {}, closed: false};
        } catch {
            return {answers: {}, closed: false};  // a browser that keeps nothing for files
        }
    }

    function keep() {
        try {
            localStorage.setItem(KEPT, JSON.stringify(state));
        } catch { /* the answers last as long as the page */ }
        draw();
    }

    // --- the passage --------------------------------------------------------------------------------------------

    function go(index) {
        if (!passages[index]) return;
        sound.stop();
        current = index;
        const passage = passages[index], answer = state.answers[index] || {};
        passage.sides.forEach((side, i) => { pictures[i].innerHTML = side.svg; });
        form.reset();
        for (const name of ["which", "prefer"]) form.elements[name].value = answer[name] || "";
        form.elements.known.checked = Boolean(answer.known);
        draw();
    }

    function draw() {
        byId("name").textContent = `Passage ${current + 1} of ${passages.length}`;
        [...byId("passages").children].forEach((button, index) => {
            const answered = tally.complete(state.answers[index]);
            button.classList.toggle("answered", answered);
            button.setAttribute("aria-label", `Passage ${index + 1}${answered ? ", answered" : ""}`);
            if (index === current) button.setAttribute("aria-current", "true");
            else button.removeAttribute("aria-current");
        });
        byId("previous").disabled = current === 0;
        byId("next").disabled = current === passages.length - 1;
        for (const input of form.querySelectorAll("input")) input.disabled = state.closed;
        drawResult();
    }

    // --- sound --------------------------------------------------------------------------------------------------

    let playing = -1;  // the side that sounds

    function press(side) {
        if (playing === side) return sound.stop();
        const {pace, starts, melody, sides} = passages[current];
        const cursor = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        cursor.setAttribute("class", "cursor");
        const measures = pictures[side].querySelectorAll("g.measure");
        const piece = {melody, notes: sides[side].notes, starts, pace: pace * byId("tempo").value / 100};
        sound.play(piece, (measure) => point(cursor, measures[measure]), () => {
            cursor.remove();
            show(-1);
        });
        show(side);
    }

    function show(side) {
        playing = side;
        players.forEach((button, i) => {
            button.textContent = `${i === side ? "Stop" : "Play"} ${tally.SIDES[i]}`;
            button.setAttribute("aria-pressed", String(i === side));
        });
    }

    function point(cursor, measure) {
        cursor.remove();  // or it would widen the measure
        const {x, y, width, height} = measure.getBBox();
        for (const [name, value] of Object.entries({x, y, width, height})) cursor.setAttribute(name, value);
        measure.prepend(cursor);
    }

    // --- the result ---------------------------------------------------------------------------------------------

    function drawResult() {
        const {answered, known, right, wrong, untold, engine, composer, equal} = tally.summary(passages, state.answers);
        byId("progress").textContent = `${answered} of ${passages.length} passages are answered.`;
        byId("before").hidden = state.closed;
        byId("after").hidden = !state.closed;
        byId("show").disabled = !answered;
        const {engine: side, title, composer: author} = tally.revealed(passages[current]);
        whose.forEach((line, i) => {
            line.textContent = !state.closed ? "" : i === side ? "by Obbligato" : `by ${author}: ${title}`;
        });
        row("right", right, right + wrong);
        row("engine", engine, engine + composer);
        byId("aside").textContent =
            `Not counted: ${untold} times "can't tell", ${equal} times "equal", ${known} pieces that you know.`;
    }

    function row(id, k, n) {
        const percent = (share) => `${Math.round(100 * share)} %`;
        const texts = n ? [`${k} of ${n}`, percent(k / n), tally.interval(k, n).map(percent).join(" to ")] : ["0", "", ""];
        [...byId(id).querySelectorAll("td")].forEach((cell, i) => { cell.textContent = texts[i]; });
    }

    function save() {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([tally.csv(passages, state.answers)], {type: "text/csv"}));
        link.download = `obbligato-listen-${set}.csv`;
        link.click();
        URL.revokeObjectURL(link.href);
    }

    // --- what the listener does ---------------------------------------------------------------------------------

    passages.forEach((_, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = index + 1;
        button.addEventListener("click", () => go(index));
        byId("passages").append(button);
    });
    players.forEach((button, side) => button.addEventListener("click", () => press(side)));
    byId("previous").addEventListener("click", () => go(current - 1));
    byId("next").addEventListener("click", () => go(current + 1));
    byId("tempo").addEventListener("input", ({target}) => {
        sound.stop();
        byId("percent").textContent = `${target.value} %`;
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
        const {which, prefer, known} = form.elements;
        state.answers[current] = {which: which.value, prefer: prefer.value, known: known.checked};
        keep();
    });
    byId("show").addEventListener("click", () => {
        state.closed = true;
        keep();
        byId("result-name").scrollIntoView();
    });
    byId("export").addEventListener("click", save);
    byId("reset").addEventListener("click", () => {
        if (!confirm("Forget all answers to these passages?")) return;
        state = {answers: {}, closed: false};
        keep();
        go(0);
    });
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const act = {
            a: () => press(0), b: () => press(1), Escape: sound.stop, p: () => go(current - 1), n: () => go(current + 1),
        }[event.key];
        if (act) act();
    });

    byId("empty").hidden = true;
    byId("test").hidden = false;
    byId("notice").hidden = !demonstration;
    go(0);
})();
