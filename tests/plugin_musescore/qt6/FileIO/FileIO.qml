// Stands in for files: those that the test has `stored`, by their names.
import QtQml 2.2

QtObject {
    property string source
    signal error(string msg)
    readonly property string name: source.split("/").pop()
    function exists() { return stored[name] !== undefined; }
    function read() { return stored[name]; }
    function write(text) { return true; }
    function remove() { return true; }
    function tempPath() { return "/nowhere"; }
}
