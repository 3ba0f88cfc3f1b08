// Functions of Sensu Go: parts of a time in UTC, 0 without an argument.
// Assigned, not declared, so that a script can declare variables with the same names.
"use strict";
(function (global) {
  const part = (read) => (time) => {
    const value = read(new Date(Number(time) * 1000));
    return Number.isNaN(value) ? 0 : value;
  };
  global.hour = part((date) => date.getUTCHours());
  global.minute = part((date) => date.getUTCMinutes());
  global.second = part((date) => date.getUTCSeconds());
  global.weekday = part((date) => date.getUTCDay());
  global.seconds_since = (time) =>
    time === undefined ? 0 : Math.floor(Date.now() / 1000) - Number(time);
})(globalThis);
