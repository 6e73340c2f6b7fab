// Measures into the open score by the application's own importer and clipboard: all notation is kept, one undo.
// For 3.x, where readScore opens a tab in the same window.

var SWITCHES = 50; // tabs that are tried at most

function canPaste(api) {
    return typeof api.readScore === "function" && typeof api.closeScore === "function" && api.mscoreVersion[0] === 3;
}

// Is it fit to be read? What is not opens a dialog that blocks, or ends the program.
function isScore(musicxml) {
    var ids = musicxml.match(/<score-part id="[^"]*"/g) || [], parts = musicxml.match(/<part id="[^"]*"/g) || [], i;
    if (musicxml.indexOf("<score-partwise") < 0 || !ids.length || ids.length !== parts.length)
        return false;
    for (i = 0; i < ids.length; i++) {
        if (ids[i].slice("<score-part".length) !== parts[i].slice("<part".length))
            return false;
    }
    return /<\/score-partwise>\s*$/.test(musicxml);
}

function switchTo(api, name) {
    var i;
    for (i = 0; api.curScore().scoreName !== name && i < SWITCHES; i++)
        api.cmd("next-score");
    return api.curScore().scoreName === name;
}

// The score in the file over the staves from `staff` (from 0) on, from `tick` on, after so many measures were appended;
// "" or what went wrong. The file's name must be that of no open score.
function paste(api, path, staff, tick, appended) {
    var home = api.curScore().scoreName, read = api.readScore(path, true), name, there, cursor; // true: asks nothing
    if (!read)
        return "The measures could not be read by this program.";
    name = read.scoreName;
    there = switchTo(api, name);
    if (there) {
        api.cmd("select-all");
        api.cmd("copy");
        api.closeScore(api.curScore());
    }
    if (!switchTo(api, home) || !there)
        return "The measures could not be copied: too many scores are open.";
    api.curScore().startCmd();
    if (appended)
        api.curScore().appendMeasures(appended);
    cursor = api.curScore().newCursor();
    cursor.track = staff * 4;
    cursor.rewind(0);
    while (cursor.segment && cursor.tick < tick)
        cursor.next();
    cursor.setDuration(1, 4);
    cursor.addNote(60); // selects its place, and is overwritten by what is pasted
    api.cmd("paste"); // uses and ends the open command: one step of undo
    api.curScore().endCmd();
    return "";
}
