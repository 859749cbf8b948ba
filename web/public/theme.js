// Sets theme and language before the first paint, so that a dark room never sees a white flash.
(function () {
  var root = document.documentElement;
  var chosen = null;
  try {
    chosen = localStorage.getItem('segel.theme');
    var language = localStorage.getItem('segel.language');
    if (language === 'en' || language === 'id') root.lang = language;
  } catch {
    // Storage may be closed to us; the system's theme and Indonesian stand.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
})();
