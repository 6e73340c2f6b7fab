// What the flow asks of the open score: walker, paste and writer behind one face (see flow.js).
//
// `tools`: {walker, paste, writer, parsed}, the functions of these modules and one of bridge.js;
// `files`: {write(name, text) -> path}.

// Instruments by our names and by those of the application, where they differ.
var IDS = {
    cello: "violoncello", bass: "contrabass", clarinet: "bb-clarinet", trumpet: "bb-trumpet", guitar: "guitar-nylon",
    "bass-voice": "bass"
};

var UNREADABLE = "The bridge sent no measures that could be read.";

var UNDO = ["undo", "action://notation/undo"];

function open(api, tools, files) {
    var score = api.curScore();
    if (!score)
        return null;

    function digest(place) {
        return tools.walker.digest(api, place.first, place.last, place.staves);
    }

    return {
        name: function () { return api.curScore() ? api.curScore().scoreName : ""; },
        count: function () { return tools.walker.measures(api).length; },
        passage: function (first, last) {
            var names = tools.walker.measures(api).slice(first, last + 1).map(function (m) { return m.number; });
            return {musicxml: tools.walker.passage(api, first, last), names: names};
        },
        digest: digest,
        isEmpty: function (place) { return !place.staves.length || isEmpty(api, tools.walker.measures(api), place); },
        format: function (place) {
            if (place.fresh.length && !canAppend(api))
                return "score";
            return usesPaste(api, tools, place) ? "measures" : "events";
        },
        // `replace`: whether notes that stand there may go
        insert: function (place, text, replace) {
            if (place.fresh.length && !canAppend(api))
                return asNewScore(api, tools, files, text);
            if (usesPaste(api, tools, place))
                return byPaste(api, tools, files, place, text);
            return byWriter(api, tools, place, text, replace);
        },
        undo: function (place) { undo(api, function () { return digest(place); }); }
    };
}

// By the name of the action before 4.7 and the one since then; a name that a version lacks does nothing there.
function undo(api, digest) {
    var before = digest();
    UNDO.some(function (name) {
        api.cmd(name);
        return digest() !== before;
    });
}

function canAppend(api) {
    return typeof api.curScore().appendPart === "function";
}

// The importer keeps all notation, but it cannot add a part.
function usesPaste(api, tools, place) {
    return !place.fresh.length && tools.paste.canPaste(api);
}

// Parts of the open score: {name, staves: [from 0]}.
function parts(api) {
    var found = [], all = api.curScore().parts, i, k, staves;
    for (i = 0; i < all.length; i++) {
        staves = [];
        for (k = all[i].startTrack / 4; k < all[i].endTrack / 4; k++)
            staves.push(k);
        found.push({name: all[i].partName || all[i].longName || "Part " + (i + 1), staves: staves, number: i + 1});
    }
    return found;
}

// Where a measure begins; one that is not there yet, where the score ends.
function tickOf(measures, index) {
    var last = measures[measures.length - 1];
    return index < measures.length ? measures[index].tick : last.tick + last.ticks;
}

function isEmpty(api, measures, place) {
    var from = tickOf(measures, place.first), to = tickOf(measures, place.last + 1);
    var segment = api.curScore().firstMeasure.firstSegment, i, voice, element;
    for (; segment && segment.tick < to; segment = segment.next) {
        if (segment.tick < from)
            continue;
        for (i = 0; i < place.staves.length; i++) {
            for (voice = 0; voice < 4; voice++) {
                element = segment.elementAt(place.staves[i] * 4 + voice);
                if (element && element.type === api.Element.CHORD)
                    return false;
            }
        }
    }
    return true;
}

function byPaste(api, tools, files, place, musicxml) {
    if (!tools.paste.isScore(musicxml))
        return refused(UNREADABLE);
    var measures = tools.walker.measures(api), tick = tickOf(measures, place.first);
    var path = files.write("measures", musicxml);
    return refused(tools.paste.paste(api, path, place.staves[0], tick, missing(measures, place)));
}

// So many measures must be appended.
function missing(measures, place) {
    return Math.max(0, place.last + 1 - measures.length);
}

function refused(reason) {
    return {reason: reason, remarks: []};
}

function byWriter(api, tools, place, text, replace) {
    var list = tools.parsed(text);
    if (!list || !list.parts || !list.events)
        return refused(UNREADABLE);
    var staves = {}, there = parts(api), fresh = [], result;
    list.parts.forEach(function (part) {
        if (place.fresh.length)
            fresh.push({part: part.index, instrumentId: IDS[part.instrument] || part.instrument});
        else if (there[part.index])
            staves[part.index] = there[part.index].staves; // the passage that was sent has all parts of the score
    });
    result = tools.writer.write(api, list, {
        first: place.first,
        append: missing(tools.walker.measures(api), place),
        staves: staves,
        newParts: fresh,
        replace: replace,
        chordStaff: place.chordStaff,
        name: "Obbligato"
    });
    return {reason: result.ok ? "" : result.reason, remarks: result.remarks || []};
}

// Where no part can be added, the whole score with it is opened beside the one that is there.
function asNewScore(api, tools, files, musicxml) {
    if (!tools.paste.isScore(musicxml))
        return refused("The bridge sent no score that could be read.");
    api.readScore(files.write(api.curScore().scoreName + " with accompaniment", musicxml));
    return refused("");
}
