// Stands in for files: there are none.
import QtQml 2.2

QtObject {
    property string source
    signal error(string msg)
    function exists() { return false; }
    function read() { return ""; }
    function write(text) { return true; }
    function remove() { return true; }
    function tempPath() { return "/nowhere"; }
}
