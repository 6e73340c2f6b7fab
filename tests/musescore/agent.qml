// For tests: asks over HTTP for JavaScript, runs it inside, and posts what it gives.
import QtQuick 2.2
import MuseScore 3.0

MuseScore {
    id: agent
    menuPath: "Plugins.agent"
    version: "1"
    description: "runs what a test asks for"
    requiresScore: false
    property string address: "http://127.0.0.1:@PORT@/"

    function value(script) { return eval(script); } // a function of its own: what it declares stays here

    function answer(job) {
        var result = {id: job.id};
        try {
            result.value = value(job.js);
            if (result.value === undefined)
                result.value = null;
        } catch (e) {
            result.error = String(e) + " line " + e.lineNumber;
        }
        send("POST", JSON.stringify(result), poll);
    }
    function poll() {
        send("GET", undefined, function (text) {
            var job = JSON.parse(text);
            if (job.id)
                answer(job);
            else
                poll();
        });
    }
    function send(method, body, done) {
        var request = new XMLHttpRequest();
        request.onreadystatechange = function () {
            if (request.readyState !== 4)
                return;
            if (request.status === 200)
                done(request.responseText);
            else
                again.start();
        };
        request.open(method, address);
        request.setRequestHeader("Content-Type", "application/json");
        request.send(body);
    }
    Timer { id: again; interval: 500; onTriggered: agent.poll() }
    // After onRun has returned, outside the command that the program wraps around it.
    Timer { id: first; interval: 10; onTriggered: agent.poll() }
    onRun: first.start()
}
