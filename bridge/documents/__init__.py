"""MusicXML and MIDI documents: open safely, read, graft, write; one file per format and direction."""
