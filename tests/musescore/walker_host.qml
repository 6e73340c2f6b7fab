// Runs the walker inside the application, without a window: for each score that a job file names, writes what it
// reads and how long that took. Started with `mscore3 -p`; {OBBLIGATO} and {JOB} are put in by the test.
import QtQuick 2.2
import MuseScore 3.0
import FileIO 3.0
import "{OBBLIGATO}/walker.js" as Walker
import "{OBBLIGATO}/notation.js" as Notation
import "{OBBLIGATO}/saved.js" as Saved
import "{OBBLIGATO}/musicxml.js" as MusicXml

MuseScore {
    menuPath: "Plugins.walker_host"
    description: "test host"
    version: "1"
    requiresScore: false

    FileIO { id: file }

    function read(path) { file.source = path; return file.read(); }
    function write(path, text) { file.source = path; file.write(text); }

    function passage(host, folder, first, last) {
        var found = Walker.passage(host, first, last);
        writeScore(curScore, folder + "/saved", "mscx");
        return MusicXml.text(Notation.settled(Saved.completed(found, read(folder + "/saved.mscx"))));
    }

    function walked(job) {
        var first = job.first || 0;
        var host = {curScore: function () { return curScore; }}, all = Walker.measures(host);
        var last = job.last === undefined ? all.length - 1 : job.last;
        if (job.select)
            for (var i = 0; i < job.select.length; i++)
                cmd(job.select[i]);
        var began = Date.now();
        var text = passage(host, job.folder, first, last);
        var took = Date.now() - began;
        write(job.folder + "/walked.musicxml", text);
        return {
            measures: all, selected: Walker.selected(host), ms: took,
            digest: Walker.digest(host, first, last, job.staves || [0])
        };
    }

    onRun: {
        var job = JSON.parse(read("{JOB}")), result;
        try {
            result = walked(job);
        } catch (e) {
            result = {error: String(e) + " " + e.fileName + ":" + e.lineNumber};
        }
        write(job.folder + "/result.json", JSON.stringify(result));
        Qt.quit();
    }
}
