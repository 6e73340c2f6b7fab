// A passage of notation.js as MusicXML 4.0 (score-partwise).

var TYPES = {1: "whole", 2: "half", 4: "quarter", 8: "eighth", 16: "16th", 32: "32nd", 64: "64th", 128: "128th",
             256: "256th", 512: "512th", 1024: "1024th"};
var DYNAMICS = / (p|pp|ppp|pppp|ppppp|pppppp|f|ff|fff|ffff|fffff|ffffff|mp|mf|sf|sfp|sfpp|fp|rf|rfz|sfz|sffz|fz|n|pf|sfzp) /;
var LOW = 57; // a staff whose notes are lower than this on average gets a bass clef

function text(passage) {
    var out = ['<?xml version="1.0" encoding="UTF-8"?>', '<score-partwise version="4.0">', "<part-list>"];
    var scale = scaleOf(passage);
    for (var p = 0; p < passage.parts.length; p++)
        header(out, passage.parts[p], "P" + (p + 1));
    out.push("</part-list>");
    for (p = 0; p < passage.parts.length; p++) {
        out.push('<part id="P' + (p + 1) + '">');
        for (var i = 0; i < passage.measures.length; i++)
            measure(out, passage, p, i, scale);
        out.push("</part>");
    }
    out.push("</score-partwise>", "");
    return out.join("\n");
}

function escaped(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
}

function tag(name, content) {
    return "<" + name + ">" + escaped(content) + "</" + name + ">";
}

// How many divisions a tick needs for every time to be whole.
function scaleOf(passage) {
    var scale = 1;
    for (var i = 0; i < passage.measures.length; i++) {
        var voices = passage.measures[i].voices;
        scale = common(scale, passage.measures[i].length[1]);
        for (var v = 0; v < voices.length; v++)
            for (var e = 0; voices[v] && e < voices[v].length; e++)
                scale = common(scale, voices[v][e].length[1]);
    }
    return scale;
}

function common(a, b) {
    var x = a, y = b, rest;
    while (y) {
        rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

function header(out, part, id) {
    out.push('<score-part id="' + id + '">', tag("part-name", part.name), '<score-instrument id="' + id + '-I1">',
             tag("instrument-name", part.name));
    if (part.sound)
        out.push(tag("instrument-sound", part.sound));
    out.push("</score-instrument>");
    if (part.program > 0 && part.program <= 128)
        out.push('<midi-instrument id="' + id + '-I1">', tag("midi-program", part.program), "</midi-instrument>");
    out.push("</score-part>");
}

function measure(out, passage, p, i, scale) {
    var part = passage.parts[p], found = passage.measures[i], before = i ? passage.measures[i - 1] : null;
    out.push('<measure number="' + found.number + '"' + (found.implicit ? ' implicit="yes">' : ">"));
    barline(out, "left", found.startRepeat || (before && before.endsAndStarts) ? "forward" : "",
            found.ending && found.ending.start, "start");
    attributes(out, part, p, found, before, scale);
    var pen = {out: out, at: 0, scale: scale};
    for (var m = 0; m < found.marks.length; m++)
        if (isIn(part, found.marks[m].staff))
            mark(pen, part, found.parts[p], found.marks[m]);
    for (var track = 4 * part.firstStaff; track < 4 * (part.firstStaff + part.staves); track++)
        for (var e = 0; found.voices[track] && e < found.voices[track].length; e++)
            event(pen, part, found.voices[track][e], track - 4 * part.firstStaff);
    barline(out, "right", found.endRepeat ? "backward" : "", found.ending && found.ending.stop, "stop");
    out.push("</measure>");
}

function isIn(part, staff) {
    return staff >= part.firstStaff && staff < part.firstStaff + part.staves;
}

function barline(out, side, direction, ending, type) {
    if (!direction && !ending)
        return;
    out.push('<barline location="' + side + '">');
    if (ending)
        out.push('<ending number="' + escaped(ending) + '" type="' + type + '"/>');
    if (direction)
        out.push('<repeat direction="' + direction + '"/>');
    out.push("</barline>");
}

// At the start everything, later what has changed.
function attributes(out, part, p, found, before, scale) {
    var inner = [], own = found.parts[p], old = before ? before.parts[p] : {};
    if (!before)
        inner.push(tag("divisions", 480 * scale));
    if (own.fifths !== old.fifths && !part.drums)
        inner.push("<key>" + tag("fifths", own.fifths) + "</key>");
    if (!before || metre(found) !== metre(before))
        inner.push(metre(found));
    if (!before) {
        inner.push(tag("staves", part.staves));
        for (var staff = 0; staff < part.staves; staff++)
            inner.push('<clef number="' + (staff + 1) + '">' + clef(part, staff) + "</clef>");
    }
    if (interval(own) !== interval(old))
        inner.push(interval(own) || interval({transposition: {diatonic: 0, chromatic: 0}, always: true}));
    if (inner.length)
        out.push("<attributes>", inner.join("\n"), "</attributes>");
}

function metre(found) {
    var symbol = found.sign.symbol ? ' symbol="' + found.sign.symbol + '"' : "";
    return "<time" + symbol + ">" + tag("beats", found.sign.groups || found.beats) + tag("beat-type", found.unit) + "</time>";
}

function clef(part, staff) {
    var sums = part.sums[staff];
    if (part.drums)
        return tag("sign", "percussion");
    if (part.tablature && staff === part.staves - 1)
        return tag("sign", "TAB") + tag("line", 5);
    return sums.notes && sums.pitch / sums.notes < LOW ? tag("sign", "F") + tag("line", 4)
                                                       : tag("sign", "G") + tag("line", 2);
}

function interval(own) {
    var by = own.transposition;
    if (!by || (!by.chromatic && !by.diatonic && !own.always))
        return "";
    return "<transpose>" + tag("diatonic", by.diatonic % 7) + tag("chromatic", by.chromatic % 12)
        + octaves(by.chromatic) + "</transpose>";
}

function octaves(chromatic) {
    var whole = (chromatic - chromatic % 12) / 12;
    return whole ? tag("octave-change", whole) : "";
}

// Forward or back to a time.
function move(pen, at) {
    var by = at - pen.at;
    if (by)
        pen.out.push(by > 0 ? "<forward>" + tag("duration", by) + "</forward>"
                            : "<backup>" + tag("duration", -by) + "</backup>");
    pen.at = at;
}

function scaled(time, scale) {
    return Math.round(time[0] * scale / time[1]);
}

function mark(pen, part, own, found) {
    var shown = found.harmony ? harmony(found.harmony, part.concert ? own.transposition : null) : dynamic(found.dynamic);
    if (!shown)
        return;
    var staff = part.staves > 1 ? tag("staff", found.staff - part.firstStaff + 1) : "";
    move(pen, scaled(found.at, pen.scale));
    pen.out.push(shown.replace("@", staff));
}

function dynamic(name) {
    if (!name)
        return "";
    var sign = DYNAMICS.test(" " + name + " ") ? "<" + name + "/>" : tag("other-dynamics", name);
    return "<direction><direction-type><dynamics>" + sign + "</dynamics></direction-type>@</direction>";
}

function event(pen, part, found, track) {
    var start = scaled(found.at, pen.scale), length = scaled(found.length, pen.scale), voice = track + 1;
    var staff = Math.floor(track / 4) + 1 + found.move;
    move(pen, start);
    var after = tag("voice", voice) + kind(found) + modification(found)
        + (part.staves > 1 ? tag("staff", Math.min(Math.max(staff, 1), part.staves)) : "");
    if (!found.notes.length)
        pen.out.push("<note>" + (found.wholeMeasure ? '<rest measure="yes"/>' : "<rest/>") + tag("duration", length)
                     + after + notations("", found) + "</note>");
    for (var n = 0; n < found.notes.length; n++) {
        var note = found.notes[n], ties = tiesOf(note);
        pen.out.push("<note>" + (n ? "<chord/>" : "") + pitch(part, note) + tag("duration", length) + ties + after
                     + notations(ties.replace(/<tie /g, "<tied "), n ? null : found) + "</note>");
    }
    pen.at += length;
}

function tiesOf(note) {
    return (note.tiedBack ? '<tie type="stop"/>' : "") + (note.tied ? '<tie type="start"/>' : "");
}

function pitch(part, note) {
    if (part.drums)
        return "<unpitched/>";
    return "<pitch>" + tag("step", note.step) + (note.alter ? tag("alter", note.alter) : "") + tag("octave", note.octave)
        + "</pitch>";
}

// Type and dots of a nominal length in wholes.
function kind(found) {
    var n = found.nominal[0], d = found.nominal[1], dots = 0;
    if (found.wholeMeasure)
        return "";
    while (n % 2 === 0) {
        n /= 2;
        d /= 2;
    }
    for (; n > 1 && n % 2 === 1; n = (n - 1) / 2) {
        d /= 2;
        dots++;
    }
    var type = d === 0.5 ? "breve" : d === 0.25 ? "long" : TYPES[d];
    return n === 1 && type ? tag("type", type) + "<dot/><dot/><dot/><dot/>".substring(0, 6 * dots) : "";
}

function modification(found) {
    var actual = 1, normal = 1;
    for (var i = 0; i < found.tuplets.length; i++) {
        actual *= found.tuplets[i].actual;
        normal *= found.tuplets[i].normal;
    }
    return actual === normal ? "" : "<time-modification>" + tag("actual-notes", actual) + tag("normal-notes", normal)
        + "</time-modification>";
}

function notations(tied, found) {
    var depth = found ? found.tuplets.length : 0, inner = tied;
    for (var s = 0; found && s < found.stops; s++)
        inner += '<tuplet type="stop" number="' + (depth - s) + '"/>';
    for (s = 0; found && s < found.starts; s++)
        inner += '<tuplet type="start" number="' + (depth - found.starts + s + 1) + '"/>';
    return inner ? "<notations>" + inner + "</notations>" : "";
}

// ---- chord symbols

var CHORD = /^\s*\(?([A-Ga-g])([#b♯♭x]*)(.*?)(?:\/([A-Ga-g])([#b♯♭x]*))?\)?\s*$/;
// The first that begins the rest of a symbol, less blanks and brackets.
var KINDS = [
    [/^(m|mi|min|-)\/?(maj|ma|M|\^|t|Δ)/, "major-minor"],
    [/^(m|mi|min|-)7?(b5|-5|♭5)/, "half-diminished"],
    [/^(ø|Ø|0)/, "half-diminished"],
    [/^(dim|o|°)(7|9|11|13)/, "diminished-seventh"],
    [/^(dim|o|°)/, "diminished"],
    [/^(aug|\+)(7|9|11|13)|^7(\+|#5|aug)/, "augmented-seventh"],
    [/^(aug|\+)/, "augmented"],
    [/^(maj|ma|Maj|Ma|M|\^|t|Δ)13/, "major-13th"],
    [/^(maj|ma|Maj|Ma|M|\^|t|Δ)11/, "major-11th"],
    [/^(maj|ma|Maj|Ma|M|\^|t|Δ)9/, "major-ninth"],
    [/^(maj|ma|Maj|Ma|M|\^|t|Δ)6|^6/, "major-sixth"],
    [/^(maj|ma|Maj|Ma|M|\^|t|Δ)7|^([\^Δ]|t$)/, "major-seventh"],
    [/^(maj|Maj|M)/, "major"],
    [/^(min|mi|m|-)13/, "minor-13th"],
    [/^(min|mi|m|-)11/, "minor-11th"],
    [/^(min|mi|m|-)9/, "minor-ninth"],
    [/^(min|mi|m|-)7/, "minor-seventh"],
    [/^(min|mi|m|-)6/, "minor-sixth"],
    [/^(min|mi|m|-)/, "minor"],
    [/sus2/, "suspended-second"],
    [/sus/, "suspended-fourth"],
    [/^13/, "dominant-13th"],
    [/^11/, "dominant-11th"],
    [/^9/, "dominant-ninth"],
    [/^7/, "dominant"],
    [/^5/, "power"]
];

function kindOf(rest) {
    var short = rest.replace(/[\s()]/g, "");
    for (var i = 0; i < KINDS.length; i++)
        if (KINDS[i][0].test(short))
            return KINDS[i][1];
    return "major";
}

// "" for a text that is no chord symbol. `interval`: shown at sounding pitch, though the part is written otherwise.
function harmony(shown, interval) {
    var found = CHORD.exec(shown);
    if (!found)
        return "";
    var bass = found[4] ? "<bass>" + name("bass", found[4], found[5], interval) + "</bass>" : "";
    return "<harmony><root>" + name("root", found[1], found[2], interval) + '</root><kind text="'
        + escaped(found[3]) + '">' + kindOf(found[3]) + "</kind>" + bass + "@</harmony>";
}

function name(prefix, step, signs, interval) {
    var alter = 0;
    for (var i = 0; i < signs.length; i++)
        alter += {"#": 1, "♯": 1, "x": 2, "b": -1, "♭": -1}[signs.charAt(i)];
    var fifths = "FCGDAEB".indexOf(step.toUpperCase()) + 7 * alter;
    if (interval)
        fifths -= 7 * interval.chromatic - 12 * interval.diatonic;
    alter = Math.floor(fifths / 7);
    return tag(prefix + "-step", "FCGDAEB".charAt(fifths - 7 * alter)) + (alter ? tag(prefix + "-alter", alter) : "");
}
