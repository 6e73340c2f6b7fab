// What stands in the open score, read through the plugin API of 3.2 to 4.7.
//
// `api` is what differs between a plugin and a test:
//   api.curScore()                 the score
//   api.fractionFromTicks(ticks)   4.6 and later
// Measures and staves count from 0, ticks are the application's (480 a quarter). Times inside a measure are exact:
// [numerator, denominator] in ticks from its start.

var WHOLE = 1920; // ticks
var VOICES = 4;   // of a staff
var SIGNS = {0: "", 1: "common", 2: "cut"}; // of a time signature
var STARTS_REPEAT = 4, ENDS_REPEAT = 8, ENDS_AND_STARTS = 64; // kinds of bar lines

// ---- fractions

function gcd(a, b) {
    return b ? gcd(b, a % b) : Math.abs(a);
}

function fraction(n, d) {
    var common = gcd(n, d);
    return [n / common, d / common];
}

// ---- measures

// [{index, tick, ticks, number, implicit}] with the numbers as printed, none of them twice.
function measures(api) {
    var found = [];
    eachMeasure(api.curScore(), function (measure) {
        found.push(measure);
    });
    return found;
}

function eachMeasure(score, visit) {
    var counted = 1, uncounted = 1, index = 0, used = {}, next;
    for (var measure = score.firstMeasure; measure; measure = next) {
        next = measure.nextMeasure;
        var tick = measure.firstSegment.tick;
        var ticks = (next ? next.firstSegment.tick : score.lastSegment.tick) - tick;
        var nominal = measure.timesigNominal ? measure.timesigNominal.ticks : ticks;
        var skipped = typeof measure.irregular === "boolean" ? measure.irregular : index === 0 && ticks < nominal;
        counted += measure.noOffset || 0;
        var number = skipped ? (index === 0 ? "0" : "X" + uncounted++) : String(counted++);
        if (used[number])
            number = "X" + uncounted++;
        used[number] = true;
        visit({index: index++, tick: tick, ticks: ticks, number: number, implicit: skipped || ticks !== nominal},
              measure);
    }
}

// ---- selection

// null | {firstMeasure, lastMeasure, firstStaff, lastStaff, startTick, endTick, numbers}; last ones are included.
function selected(api) {
    var score = api.curScore();
    var place = score && (range(score) || chosen(score));
    if (!place)
        return null;
    var all = measures(api), first = null, last = null;
    for (var i = 0; i < all.length; i++) {
        if (first === null && all[i].tick + all[i].ticks > place.start)
            first = all[i];
        if (all[i].tick < place.end)
            last = all[i];
    }
    if (first === null || last === null || last.index < first.index)
        return null;
    return {
        firstMeasure: first.index, lastMeasure: last.index,
        firstStaff: place.firstStaff, lastStaff: place.lastStaff,
        startTick: place.widen ? first.tick : place.start,
        endTick: place.widen ? last.tick + last.ticks : place.end,
        numbers: [first.number, last.number]
    };
}

function range(score) {
    var selection = score.selection, known = selection && typeof selection.isRange === "boolean";
    if (known && !selection.isRange)
        return null;
    if (known && selection.startSegment)
        return {
            start: selection.startSegment.tick,
            end: selection.endSegment ? selection.endSegment.tick : score.lastSegment.tick,
            firstStaff: selection.startStaff, lastStaff: selection.endStaff - 1
        };
    var cursor = score.newCursor();
    cursor.rewind(1);
    if (!cursor.segment)
        return null;
    var place = {start: cursor.tick, firstStaff: cursor.staffIdx};
    cursor.rewind(2);
    place.end = cursor.segment ? cursor.tick : score.lastSegment.tick;
    place.lastStaff = cursor.staffIdx;
    return place;
}

// Single elements: the measures and staves that they stand in.
function chosen(score) {
    var elements = score.selection ? score.selection.elements : [], place = null;
    for (var i = 0; i < elements.length; i++) {
        var segment = segmentOf(elements[i]), staff = Math.floor(elements[i].track / VOICES);
        if (!segment)
            continue;
        if (!place)
            place = {start: segment.tick, end: segment.tick + 1, firstStaff: staff, lastStaff: staff, widen: true};
        place.start = Math.min(place.start, segment.tick);
        place.end = Math.max(place.end, segment.tick + 1);
        place.firstStaff = Math.min(place.firstStaff, staff);
        place.lastStaff = Math.max(place.lastStaff, staff);
    }
    return place;
}

function segmentOf(element) {
    while (element && element.name !== "Segment")
        element = element.parent;
    return element || null;
}

// ---- the passage

// Measures first..last of all parts, as notation.js takes it.
function passage(api, first, last) {
    var score = api.curScore(), parts = partsOf(score), keys = keysOf(score, last), columns = [], sign = {symbol: "", groups: ""};
    eachMeasure(score, function (about, measure) {
        sign = signOf(measure, sign);
        if (about.index >= first && about.index <= last)
            columns.push(column(score, about, measure, sign));
    });
    for (var i = 0; i < columns.length; i++)
        columns[i].keys = keys[first + i];
    for (var p = 0; p < parts.length; p++)
        parts[p].transposition = transposition(api, score, parts[p], columns[0]);
    return {parts: parts, measures: columns, first: first, last: last};
}

function partsOf(score) {
    var parts = [];
    for (var i = 0; i < score.parts.length; i++) {
        var part = score.parts[i], sound = part.musicXmlId || part.instrumentId || "";
        parts.push({
            name: part.longName || part.partName || "",
            sound: sound.indexOf(".") > 0 ? sound : "",
            program: typeof part.midiProgram === "number" ? part.midiProgram + 1 : 0,
            firstStaff: part.startTrack / VOICES,
            staves: (part.endTrack - part.startTrack) / VOICES,
            drums: !!part.hasDrumStaff,
            tablature: !!part.hasTabStaff
        });
    }
    return parts;
}

// [measure][staff] -> the key signature there, up to a measure.
function keysOf(score, last) {
    var keys = [];
    for (var staff = 0; staff < score.nstaves; staff++) {
        var cursor = score.newCursor();
        cursor.track = staff * VOICES;
        cursor.rewind(0);
        for (var i = 0; i <= last; i++) {
            keys[i] = keys[i] || [];
            keys[i][staff] = cursor.keySignature;
            cursor.nextMeasure();
        }
    }
    return keys;
}

// How the metre is shown that a measure begins with: {symbol, groups}; as before where no time signature stands.
function signOf(measure, before) {
    var start = measure.firstSegment.tick;
    for (var segment = measure.firstSegment; segment && segment.tick === start; segment = segment.nextInMeasure) {
        var element = segment.elementAt(0);
        if (element && element.name === "TimeSig")
            return {
                symbol: SIGNS[Number(element.timesigType)] || "",
                groups: /^\d+(\+\d+)+$/.test(element.numeratorString || "") ? element.numeratorString : ""
            };
    }
    return before;
}

// One measure of all staves: `voices` by track, and what is marked at some time.
function column(score, about, measure, sign) {
    var actual = measure.timesigActual, nominal = measure.timesigNominal;
    var found = {
        number: about.number, implicit: about.implicit, tick: about.tick,
        length: actual ? fraction(WHOLE * actual.numerator, actual.denominator) : [about.ticks, 1],
        beats: nominal.numerator, unit: nominal.denominator, sign: sign,
        startRepeat: false, endRepeat: false, endsAndStarts: false, ending: null,
        voices: [], marks: []
    };
    for (var segment = measure.firstSegment; segment; segment = segment.nextInMeasure) {
        var at = segment.tick - about.tick;
        for (var track = 0; track < score.ntracks; track++) {
            var element = segment.elementAt(track);
            if (element)
                collect(found, element, track, at);
        }
        var annotations = segment.annotations;
        for (var i = 0; i < annotations.length; i++)
            annotate(found, annotations[i], at);
    }
    return found;
}

function collect(found, element, track, at) {
    switch (element.name) {
    case "Chord":
    case "Rest":
    case "RepeatMeasure":
    case "MeasureRepeat":
        if (element.gap !== true)
            add(found, track, eventOf(element, at));
        break;
    case "BarLine":
        var type = Number(element.barlineType); // an enumeration, which equals no number
        found.startRepeat = found.startRepeat || type === STARTS_REPEAT;
        found.endRepeat = found.endRepeat || type === ENDS_REPEAT || type === ENDS_AND_STARTS;
        found.endsAndStarts = found.endsAndStarts || type === ENDS_AND_STARTS;
    }
}

function add(found, track, event) {
    found.voices[track] = found.voices[track] || [];
    found.voices[track].push(event);
}

function eventOf(element, tick) {
    var length = element.duration, event = {tick: tick, nominal: fraction(length.numerator, length.denominator)};
    event.tuplets = tupletsOf(element.tuplet);
    event.move = element.staffMove || 0;
    event.notes = [];
    for (var i = 0; element.notes && i < element.notes.length; i++) {
        var note = element.notes[i];
        event.notes.push({
            pitch: note.pitch, tpc1: note.tpc1, tpc2: note.tpc2, tpc: note.tpc,
            tied: !!note.tieForward, tiedBack: !!note.tieBack
        });
    }
    return event;
}

// From the outermost on; `span` is what one takes up in the one around it, in wholes.
function tupletsOf(tuplet) {
    var around = [];
    for (; tuplet; tuplet = tuplet.tuplet)
        around.unshift({
            actual: tuplet.actualNotes, normal: tuplet.normalNotes,
            span: tuplet.duration ? fraction(tuplet.duration.numerator, tuplet.duration.denominator) : null
        });
    return around;
}

function annotate(found, element, at) {
    var staff = Math.floor(element.track / VOICES);
    if (element.name === "Harmony")
        found.marks.push({tick: at, staff: staff, track: element.track, harmony: element.text || ""});
    else if (element.name === "Dynamic" && typeof element.subtypeName === "function")
        found.marks.push({tick: at, staff: staff, dynamic: element.subtypeName(), text: element.text || ""});
}

// From written to sounding pitch, where the API says it (4.6); elsewhere the spellings of the notes do.
function transposition(api, score, part, found) {
    var staff = score.staves && score.staves[part.firstStaff];
    if (!staff || typeof staff.transpose !== "function" || typeof api.fractionFromTicks !== "function")
        return null;
    var interval = staff.transpose(api.fractionFromTicks(found.tick));
    if (typeof interval.diatonic !== "number" || typeof interval.chromatic !== "number")
        return null;
    return {diatonic: interval.diatonic, chromatic: interval.chromatic};
}

// ---- digest

// A short text that changes when notes of these measures in these staves do, or measures or staves come or go.
function digest(api, first, last, staves) {
    var score = api.curScore(), text = String(score.nstaves);
    eachMeasure(score, function (about, measure) {
        text += "+" + about.ticks;
        if (about.index < first || about.index > last)
            return;
        var found = column(score, about, measure);
        for (var s = 0; s < staves.length; s++)
            for (var track = staves[s] * VOICES; track < (staves[s] + 1) * VOICES; track++)
                text += line(found.voices[track] || [], track);
    });
    return hash(text);
}

function line(voice, track) {
    var text = "";
    for (var i = 0; i < voice.length; i++) {
        text += ";" + track + "," + voice[i].tick + "," + voice[i].nominal.join("/");
        for (var n = 0; n < voice[i].notes.length; n++)
            text += "," + voice[i].notes[n].pitch + "." + voice[i].notes[n].tpc1;
    }
    return text;
}

function hash(text) {
    var a = 5381, b = 52711;
    for (var i = 0; i < text.length; i++) {
        a = (a * 33 + text.charCodeAt(i)) % 4294967296;
        b = (b * 31 + text.charCodeAt(i)) % 4294967291;
    }
    return a.toString(16) + "-" + b.toString(16) + "-" + text.length.toString(16);
}
