// Times that people read as "5 minutes ago", with the exact time on hover. Without this script the exact time stands there.
"use strict";
{
  const language = document.documentElement.lang;
  const units = [
    ["year", 31536000],
    ["month", 2592000],
    ["week", 604800],
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const time of document.querySelectorAll(".console main time[datetime]")) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    const seconds = Math.round((at - Date.now()) / 1000);
    // A while ago a date says more than a number of months.
    if (Math.abs(seconds) > 30 * 86400) continue;
    const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
    time.title = time.textContent;
    time.textContent = words.format(Math.trunc(seconds / length), unit);
  }
}
