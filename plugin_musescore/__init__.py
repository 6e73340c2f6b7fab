"""The MuseScore plugin: the folder ``obbligato``, which ``obbligato plugin install`` copies."""
