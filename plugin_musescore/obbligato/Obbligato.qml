// Obbligato inside MuseScore 3.2 to 4.7: select measures, press Write, and they stand in the score.
// The logic is in the .js files; here is only what they need of the program, and the panel.
import QtQuick 2.9
import QtQuick.Controls 2.2
import QtQuick.Layouts 1.3
import QtQuick.Window 2.2
import MuseScore 3.0
import FileIO 3.0
import "bridge.js" as Bridge
import "flow.js" as Flow
import "score.js" as Score
import "walker.js" as Walker
import "notation.js" as Notation
import "saved.js" as Saved
import "musicxml.js" as MusicXml
import "paste.js" as Paste
import "writer.js" as Writer

MuseScore {
    id: root
    menuPath: "Plugins.Obbligato"
    description: "Writes accompaniments for the selected measures"
    version: "0.1.0"
    //4.4 title: "Obbligato"
    //4.4 categoryCode: "composing-arranging-tools"
    pluginType: "dialog"
    requiresScore: true
    width: 420
    height: 440

    property var flow: null
    property int turn: 0 // counts up with every change of the flow, which QML cannot see into
    property var selection: null
    property var partsThere: []
    property var styles: ["any"]
    property string wantedStyle: "" // the last time
    property var here: ({}) // bridge-path.json
    property int files: 0
    property bool chosen: false // the target, by hand
    property string told: ""
    property string looked: "" // at what was selected and the parts that were there
    property bool seen: false // whether there has been a window: watch() saw it, or a button in it was pressed first

    SystemPalette { id: system }
    // Version 4 has colours of its own, which need not be those of the system.
    readonly property var theme: typeof ui !== "undefined" && ui && ui.theme ? ui.theme : null
    readonly property color paper: theme && theme.backgroundPrimaryColor || system.window
    readonly property color ink: theme && theme.fontPrimaryColor || system.windowText
    FileIO { id: file; onError: {} }

    function folder() {
        return String(Qt.resolvedUrl(".")).replace(/^file:\/\/(\/[A-Za-z]:)?/, function (all, drive) {
            return drive ? drive.slice(1) : "";
        });
    }
    function read(path) {
        if (!path)
            return "";
        file.source = path;
        return file.exists() ? file.read() : "";
    }
    function writeFile(name, text) {
        files += 1;
        file.source = file.tempPath() + "/" + name + "-" + Date.now() + "-" + files + ".musicxml";
        file.write(text);
        return file.source;
    }

    // The passage as MusicXML; version 3 can save a copy, which tells what its plugins are not told.
    function passage(api, first, last) {
        var found = Walker.passage(api, first, last), path = file.tempPath() + "/obbligato-" + Date.now(), copy = "";
        if (mscoreMajorVersion === 3 && writeScore(curScore, path, "mscx"))
            copy = read(path + ".mscx");
        if (copy) {
            found = Saved.completed(found, copy);
            file.source = path + ".mscx";
            file.remove();
        }
        return MusicXml.text(Notation.settled(found));
    }

    // A function of the program, called as the program's own; undefined where the version lacks it.
    function own(f) {
        return typeof f === "function" ? function () { return f.apply(root, arguments); } : undefined;
    }
    // What the modules need of the program.
    property var api: ({
        Element: Element,
        division: division,
        fraction: own(root.fraction),
        fractionFromTicks: own(root.fractionFromTicks),
        newElement: own(root.newElement),
        removeElement: own(root.removeElement),
        cmd: own(root.cmd),
        readScore: own(root.readScore),
        closeScore: own(root.closeScore),
        curScore: function () { return curScore; },
        mscoreVersion: [mscoreMajorVersion, mscoreMinorVersion, mscoreUpdateVersion]
    })
    property var tools: ({
        walker: {
            measures: Walker.measures, passage: passage, digest: Walker.digest
        },
        paste: {canPaste: Paste.canPaste, isScore: Paste.isScore, paste: Paste.paste},
        writer: {canWrite: Writer.canWrite, write: Writer.write},
        parsed: Bridge.parsed
    })
    property var host: ({
        client: {announced: Bridge.announced, greet: Bridge.greet, job: Bridge.job, take: Bridge.take},
        read: read,
        send: send,
        later: later,
        changed: changed,
        score: function () { return Score.open(api, tools, {write: writeFile}); },
        launch: launch,
        paths: function () { return here; },
        seed: function () { return Math.floor(Math.random() * 1000000); },
        closed: closed
    })

    // Version 4 keeps the panel, and all that it is about to do, when its window is closed.
    function closed() {
        var window = root.Window.window, open = window !== null && window.visible;
        seen = seen || open;
        return seen && !open;
    }

    function changed() {
        var now = flow.stage + (flow.message ? ": " + flow.message : "");
        if (now !== told)
            console.info("Obbligato " + now); // for whoever looks into the log
        told = now;
        turn += 1;
    }
    function send(method, url, headers, body, done) {
        var request = new XMLHttpRequest(), over = false, name;
        request.onreadystatechange = function () {
            if (request.readyState !== 4 || over)
                return;
            over = true;
            done(request.status, request.responseText, function (n) { return request.getResponseHeader(n); });
        };
        request.open(method, url);
        for (name in headers)
            request.setRequestHeader(name, headers[name]);
        request.send(body);
        return request;
    }
    function later(ms, f) {
        var timer = timers.createObject(root, {interval: ms});
        timer.triggered.connect(function () { timer.destroy(); f(); });
        timer.start();
    }
    Component { id: timers; Timer {} }
    // As Qt 5 splits it again: three quotes in a row are one.
    function quoted(word) {
        return "\"" + word.replace(/"/g, "\"\"\"") + "\"";
    }
    function launch(command) {
        try {
            var process = Qt.createQmlObject("import MuseScore 3.0; QProcess {}", root);
            if (typeof process.startWithArgs === "function")
                process.startWithArgs(command[0], command.slice(1));
            else
                process.start(command.map(quoted).join(" "));
            return true;
        } catch (e) {
            return false;
        }
    }

    Component.onCompleted: flow = Flow.create(host)
    onRun: {
        here = Bridge.read(host, folder() + "bridge-path.json") || {};
        remember();
        look();
        askStyles();
        watching.start();
    }

    // The styles that the bridge knows, if it runs.
    function askStyles() {
        var bridge = Bridge.announced(host, here.announcement);
        if (bridge)
            Bridge.askFor("engines", host, bridge, "GET", "/api/v1/engines", null, function (found) {
                styles = ["any"].concat(found.engines[0].styles);
                style.currentIndex = Math.max(0, styles.indexOf(wantedStyle));
            }, function () {});
    }

    // What was chosen the last time, kept beside bridge.json.
    function settingsPath() {
        return String(here.announcement).replace(/[^\/\\]*$/, "plugin.json");
    }
    function remember() {
        var last = here.announcement && Bridge.read(host, settingsPath()) || {};
        density.currentIndex = last.density || 0;
        task.currentIndex = last.task || 0;
        wantedStyle = last.style || "";
        count.value = last.count || 8;
        chords.currentIndex = last.chords < chords.count ? last.chords : 0;
        temperature.value = last.temperature || 1.0;
        takes.value = last.takes || 2;
    }
    function keepSettings() {
        if (!here.announcement)
            return;
        var chosen = {
            density: density.currentIndex, temperature: temperature.value, takes: takes.value, count: count.value,
            chords: chords.currentIndex, task: task.currentIndex, style: style.currentText
        };
        file.source = settingsPath();
        file.write(JSON.stringify(chosen));
    }

    function watch() {
        if (!closed())
            return look();
        watching.stop();
        Flow.close(flow);
    }
    // What is selected, and which parts there are.
    function look() {
        if (!curScore || ["idle", "bridge"].indexOf(flow.stage) < 0)
            return;
        var now = Walker.selected(api), found = Score.parts(api);
        var all = JSON.stringify([now, found]);
        if (all === looked)
            return; // the proposal below reads the score, which may be long
        looked = all;
        selection = now;
        if (JSON.stringify(found) !== JSON.stringify(partsThere))
            partsThere = found;
        if (selection && !chosen)
            target.currentIndex = proposed();
    }
    // The first part that is silent there and was not selected, or a new piano.
    function proposed() {
        var score = Score.open(api, tools, {}), i, staves;
        for (i = 0; i < partsThere.length; i++) {
            staves = partsThere[i].staves;
            if ((staves[0] > selection.lastStaff || staves[staves.length - 1] < selection.firstStaff)
                    && score.isEmpty({first: selection.firstMeasure, last: selection.lastMeasure, staves: staves}))
                return i;
        }
        return partsThere.length;
    }
    Timer { id: watching; interval: 500; repeat: true; onTriggered: watch() }

    function words() {
        if (task.currentText === "Continue")
            return turn >= 0 && curScore ? "After measure " + lastNumber() : "No score is open.";
        if (!selection)
            return "Nothing is selected.";
        var from = selection.numbers[0], to = selection.numbers[1];
        var names = selectedParts().map(function (part) { return part.name; });
        return (from === to ? "Measure " + from : "Measures " + from + "–" + to) + ", " + names.join(", ");
    }

    function lastNumber() {
        var all = Walker.measures(api);
        return all[all.length - 1].number;
    }

    readonly property var fresh: ["piano", "guitar", "organ", "harp", "violin", "cello", "flute", "clarinet",
                                  "string-quartet", "satb", "band"]
    function targets() {
        var found = partsThere.map(function (part) { return "into " + part.name; });
        return found.concat(fresh.map(function (name) { return "new: " + name; }));
    }
    function place() {
        var all = curScore ? Walker.measures(api).length : 0;
        var found = {first: all, last: all + count.value - 1, staves: [], parts: [], fresh: [], chordStaff: 0};
        if (task.currentText === "Continue") {
            for (var staff = 0; staff < curScore.nstaves; staff++)
                found.staves.push(staff);
            return found;
        }
        if (!selection)
            return null;
        found.first = selection.firstMeasure;
        found.last = selection.lastMeasure;
        found.chordStaff = selection.firstStaff;
        var index = target.currentIndex;
        if (task.currentText === "Harmonize") {
            found.fresh = ["alto", "tenor", "bass"];
            found.given = [String(selectedParts()[0].number)];
        } else if (task.currentText === "Fill")
            selectedParts().forEach(function (part) { add(found, part); });
        else if (index < partsThere.length)
            add(found, partsThere[index]);
        else
            found.fresh = [fresh[index - partsThere.length]];
        return found;
    }
    function add(found, part) {
        found.staves = found.staves.concat(part.staves);
        found.parts.push(String(part.number));
    }
    function selectedParts() {
        return partsThere.filter(function (part) {
            return part.staves[0] <= selection.lastStaff && part.staves[part.staves.length - 1] >= selection.firstStaff;
        });
    }
    function wish() {
        var options = {takes: takes.value, temperature: Math.round(temperature.value * 100) / 100};
        if (density.currentIndex > 0)
            options.density = [0, 1, 2, 4][density.currentIndex];
        if (style.currentIndex > 0)
            options.style = style.currentText;
        if (kept.visible && kept.currentIndex > 0)
            options[["", "rhythm", "vary"][kept.currentIndex]] = ["", "keep", 0.3][kept.currentIndex];
        if (chords.currentIndex > 0)
            options.chords = ["follow", "ignore", "suggest"][chords.currentIndex];
        return {task: task.currentText.toLowerCase(), place: place(), options: options};
    }

    Rectangle {
        anchors.fill: parent
        color: paper

        ColumnLayout {
            anchors.fill: parent
            anchors.margins: 12
            spacing: 8

            Label { text: words(); color: ink; font.bold: true; elide: Text.ElideRight; Layout.fillWidth: true }

            GridLayout {
                columns: 4
                enabled: ["idle", "inserted", "bridge"].indexOf(stage()) >= 0
                Label { text: "Task"; color: ink }
                ComboBox {
                    id: task
                    model: ["Accompany", "Fill", "Harmonize", "Continue"]
                    Layout.columnSpan: 3
                    Layout.fillWidth: true
                }
                Label { text: count.visible ? "Measures" : kept.visible ? "Keep" : "For"; color: ink }
                ComboBox {
                    id: target
                    model: targets()
                    visible: !count.visible && !kept.visible
                    enabled: task.currentText === "Accompany"
                    Layout.columnSpan: 3
                    Layout.fillWidth: true
                    onActivated: chosen = true
                }
                ComboBox {
                    id: kept
                    model: ["nothing", "the rhythm", "most of the notes"]
                    visible: task.currentText === "Fill"
                    Layout.columnSpan: 3
                    Layout.fillWidth: true
                }
                SpinBox {
                    id: count
                    from: 1; to: 64; value: 8
                    visible: task.currentText === "Continue"
                    Layout.columnSpan: 3
                }
                Label { text: "Style"; color: ink }
                ComboBox { id: style; model: styles; Layout.fillWidth: true; Layout.preferredWidth: 110 }
                Label { text: "Density"; color: ink }
                ComboBox {
                    id: density
                    model: ["free", "1 a beat", "2 a beat", "4 a beat"]
                    Layout.fillWidth: true
                    Layout.preferredWidth: 110
                }
                Label { text: "Chords"; color: ink }
                // What is pasted holds no chord symbols of other staves.
                ComboBox {
                    id: chords
                    model: ["follow", "ignore"].concat(Paste.canPaste(api) ? [] : ["write too"])
                    Layout.fillWidth: true
                    Layout.preferredWidth: 110
                }
                Label { text: "Takes"; color: ink }
                SpinBox { id: takes; from: 1; to: 9; value: 2; Layout.fillWidth: true; Layout.preferredWidth: 110 }
                Label { text: "Boldness"; color: ink }
                Slider { id: temperature; from: 0.5; to: 1.5; value: 1.0; Layout.columnSpan: 3; Layout.fillWidth: true }
            }

            Button {
                objectName: "write"
                text: "Write"
                highlighted: true
                Layout.fillWidth: true
                visible: stage() === "idle" || stage() === "bridge"
                onClicked: { seen = true; look(); keepSettings(); Flow.write(flow, wish()); }
            }
            ProgressBar {
                Layout.fillWidth: true
                visible: stage() === "writing"
                value: turn >= 0 && flow && flow.total ? flow.done / flow.total : 0
                indeterminate: turn >= 0 && flow !== null && flow.total === 0
            }
            Label {
                Layout.fillWidth: true
                wrapMode: Text.Wrap
                color: ink
                text: turn >= 0 && flow ? status() : ""
            }
            TextField {
                Layout.fillWidth: true
                readOnly: true
                selectByMouse: true
                visible: stage() === "bridge" && text !== ""
                text: turn >= 0 && flow ? flow.command : ""
            }
            RowLayout {
                visible: stage() === "sure"
                Button { text: "Replace"; onClicked: Flow.sure(flow, true) }
                Button { text: "Leave them"; onClicked: Flow.sure(flow, false) }
            }
            Button { text: "Start the bridge"; visible: stage() === "bridge"; onClicked: Flow.startBridge(flow) }
            Button {
                text: "Cancel"
                visible: ["asking", "writing", "starting"].indexOf(stage()) >= 0
                onClicked: Flow.cancel(flow)
            }
            RowLayout {
                visible: stage() === "inserted"
                Choice { text: "◀"; enabled: turn >= 0 && flow.take > 1; onClicked: Flow.other(flow, -1) }
                Choice { text: "▶"; enabled: turn >= 0 && flow.take < flow.takes; onClicked: Flow.other(flow, 1) }
                Choice { text: "Again"; onClicked: Flow.again(flow) }
                Choice { text: "Keep"; highlighted: true; onClicked: Flow.keep(flow) }
            }
            Item { Layout.fillHeight: true }
        }
    }

    function stage() {
        return turn >= 0 && flow ? flow.stage : "idle";
    }
    function status() {
        if (flow.stage === "writing")
            return flow.total ? "Measure " + flow.done + " of " + flow.total : "Waiting";
        if (flow.stage === "starting")
            return "Starting the bridge";
        if (flow.stage === "inserted")
            return "Take " + flow.take + " of " + flow.takes + (flow.message ? ". " + flow.message : "");
        return flow.message;
    }
}
