//! A real browser, headless, driven by chromedriver over plain HTTP (W3C WebDriver).
//!
//! One browser serves the whole test run. Its driver is a child of a shell that holds the reading end of a pipe: when
//! this process ends, however it ends, the pipe closes and the shell ends its group, the browser with it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::wait::HUNG;

/// The key of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Between two looks at a page that is loading: the browser has no way to tell us.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The driver, with the pipe that keeps it alive.
struct Driver {
    port: u16,
    _alive: ChildStdin,
}

static BROWSER: LazyLock<Option<Mutex<Driver>>> = LazyLock::new(|| start().map(Mutex::new));

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
}

pub(crate) const DESK: Screen = Screen { width: 1280, height: 800, dark: false };
pub(crate) const DESK_DARK: Screen = Screen { dark: true, ..DESK };
pub(crate) const PHONE: Screen = Screen { width: 390, height: 844, dark: false };
pub(crate) const PHONE_DARK: Screen = Screen { dark: true, ..PHONE };

impl Screen {
    pub(crate) fn name(self) -> String {
        let place = if self.width < 600 { "phone" } else { "desk" };
        format!("{place}{}", if self.dark { "-dark" } else { "" })
    }
}

/// A window without cookies. Nobody else has the browser meanwhile.
pub(crate) struct Window {
    client: reqwest::Client,
    session: String,
    runtime: tokio::runtime::Runtime,
    _browser: MutexGuard<'static, Driver>,
}

/// Starts the driver; `None` when it is not installed, which is said.
#[expect(clippy::zombie_processes, reason = "it lives as long as this process, and ends with it")]
fn start() -> Option<Driver> {
    let there = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    if !there("chromedriver") || !there("chromium") {
        let required = std::env::var("TICKETLEDGER_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
        assert!(!required, "chromium and chromedriver are not installed, and CI needs them");
        eprintln!("skipped: chromium and chromedriver are not installed");
        return None;
    }
    let script = "chromedriver --port=0 & read -r _; kill -- -$$";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = shell.spawn().expect("a shell");
    let (alive, said) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let port =
        lines.find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok());
    // What it says later would fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some(Driver { port: port.expect("chromedriver says its port"), _alive: alive })
}

/// Opens a window in a language; `None` when there is no browser.
pub(crate) fn open(screen: Screen, language: &str) -> Option<Window> {
    let browser = BROWSER.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let base = format!("http://127.0.0.1:{}/session", browser.port);
    let language = format!("--lang={language}");
    let size = format!("--window-size={},{}", screen.width, screen.height);
    let arguments =
        ["--headless=new", "--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion", &language, &size];
    let wanted = json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": language[7..].to_owned() } },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } });
    let client = reqwest::Client::new();
    let mut window = Window { client, session: base.clone(), runtime, _browser: browser };
    let answer = window.send(reqwest::Method::POST, "", Some(wanted));
    window.session = format!("{base}/{}", answer["sessionId"].as_str().expect("a session"));
    window.show_as(screen);
    Some(window)
}

impl Drop for Window {
    fn drop(&mut self) {
        // Ends the browser; when that fails, the end of the test run does.
        let _ = self.runtime.block_on(self.client.delete(&self.session).send());
    }
}

/// A part of a page.
pub(crate) struct Element<'w> {
    window: &'w Window,
    id: String,
}

impl Window {
    fn try_send(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Result<Value, Value> {
        let address = format!("{}{path}", self.session);
        let mut request = self.client.request(method, address).timeout(HUNG);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let text = self.runtime.block_on(async { request.send().await?.text().await }).expect("the driver answers");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        let value = answer["value"].take();
        if value.get("error").is_some() { Err(value) } else { Ok(value) }
    }

    fn send(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let shown = path.to_owned();
        self.try_send(method, path, body).unwrap_or_else(|error| {
            panic!("{shown}: {} {}", error["error"], error["message"].as_str().unwrap_or_default())
        })
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.send(reqwest::Method::POST, path, Some(body))
    }

    fn get(&self, path: &str) -> String {
        self.send(reqwest::Method::GET, path, None).as_str().unwrap_or_default().to_owned()
    }

    fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Takes the size and the colours of a screen.
    pub(crate) fn show_as(&self, screen: Screen) {
        let (width, height, phone) = (screen.width, screen.height, screen.width < 600);
        let scale = if phone { 2 } else { 1 };
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let colours = if screen.dark { "dark" } else { "light" };
        let feature = json!({ "name": "prefers-color-scheme", "value": colours });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] }));
    }

    pub(crate) fn go(&self, address: &str) {
        self.post("/url", json!({ "url": address }));
    }

    pub(crate) fn address(&self) -> String {
        self.get("/url")
    }

    /// The text of a part of the page, as it is seen.
    pub(crate) fn text(&self, css: &str) -> String {
        self.find(css).text()
    }

    /// The first element, once it is there.
    #[expect(clippy::disallowed_methods, reason = "a browser has no way to tell us that it has drawn something")]
    pub(crate) fn find(&self, css: &str) -> Element<'_> {
        let started = Instant::now();
        loop {
            if let Some(element) = self.all(css).into_iter().next() {
                return element;
            }
            assert!(
                started.elapsed() < HUNG / 8,
                "no `{css}` on {}: {}",
                self.address(),
                self.all("main").first().map_or_else(String::new, Element::text)
            );
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    pub(crate) fn all(&self, css: &str) -> Vec<Element<'_>> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css }));
        let ids = found.as_array().into_iter().flatten().filter_map(|element| element[ELEMENT].as_str());
        ids.map(|id| Element { window: self, id: id.to_owned() }).collect()
    }

    pub(crate) fn has(&self, css: &str) -> bool {
        !self.all(css).is_empty()
    }

    /// Clicks, and waits until another page is there.
    pub(crate) fn follow(&self, css: &str) {
        let element = self.find(css);
        self.leave(|| element.click());
    }

    /// Follows the first link with this text.
    pub(crate) fn follow_link(&self, text: &str) {
        let found = self.post("/element", json!({ "using": "partial link text", "value": text }));
        let id = found[ELEMENT].as_str().expect("an element").to_owned();
        let element = Element { window: self, id };
        self.leave(|| element.click());
    }

    /// Does what leads to another page, and waits until that is there.
    #[expect(clippy::disallowed_methods, reason = "a browser has no way to tell us that a page is there")]
    pub(crate) fn leave(&self, act: impl FnOnce()) {
        self.run("window.ticketledgerOldPage = 1");
        act();
        let started = Instant::now();
        let there = "return !window.ticketledgerOldPage && document.readyState === 'complete'";
        // While a page is exchanged there is none to ask.
        while self.try_run(there) != Ok(Value::Bool(true)) {
            assert!(started.elapsed() < HUNG / 8, "no other page came after {}", self.address());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn try_run(&self, script: &str) -> Result<Value, ()> {
        let body = json!({ "script": script, "args": [] });
        self.try_send(reqwest::Method::POST, "/execute/sync", Some(body)).map_err(drop)
    }

    /// What a script answers.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// What a script hands to its function `done`.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        let script = format!("var done = arguments[arguments.length - 1]; {script}");
        self.post("/execute/async", json!({ "script": script, "args": [] }))
    }

    pub(crate) fn forget_cookies(&self) {
        self.send(reqwest::Method::DELETE, "/cookie", None);
    }

    /// Types into whatever has the focus; see [`key`].
    pub(crate) fn press(&self, text: &str) {
        let down = |character: char| json!({ "type": "keyDown", "value": character.to_string() });
        let up = |character: char| json!({ "type": "keyUp", "value": character.to_string() });
        let actions: Vec<Value> = text.chars().flat_map(|character| [down(character), up(character)]).collect();
        self.post("/actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// What has the focus: its text, or its name if it is a field.
    pub(crate) fn focused(&self) -> String {
        let script =
            "var e = document.activeElement; return e === document.body ? '' : (e.name || e.innerText || e.id)";
        self.run(script).as_str().unwrap_or_default().trim().to_owned()
    }

    /// Goes on by the key of tabs alone until this has the focus. Every stop on the way can be seen.
    pub(crate) fn tab_to(&self, text: &str) {
        let seen = "var e = document.activeElement; if (e === document.body) return ''; \
            var s = getComputedStyle(e), r = e.getBoundingClientRect(); \
            var ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1; \
            var inside = r.width > 0 && r.height > 0 && r.bottom > 0 && r.right > 0 \
                && r.top < innerHeight && r.left < innerWidth; \
            return ring && inside ? '' : e.outerHTML.slice(0, 200)";
        let mut stops = Vec::new();
        for _ in 0..120 {
            self.press(key::TAB);
            let hidden = self.run(seen);
            assert_eq!(hidden, "", "the focus cannot be seen on {}", self.address());
            stops.push(self.focused());
            if stops.last().is_some_and(|stop| stop.starts_with(text)) {
                return;
            }
        }
        panic!("no tab leads to {text}: {stops:#?}");
    }

    /// Lines of the console since the last time, of which none may be about the policy of the page.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" }));
        let lines = log.as_array().into_iter().flatten().filter_map(|line| line["message"].as_str());
        lines.map(str::to_owned).collect()
    }

    /// What axe finds that is serious; `None` when it is not there, which is said.
    pub(crate) fn serious_faults(&self) -> Option<Vec<String>> {
        let source = axe()?;
        self.run(&format!("{source}; return 1"));
        let script = "var done = arguments[arguments.length - 1]; \
            axe.run(document, { resultTypes: ['violations'] }).then( \
            r => done(r.violations.filter(v => v.impact !== 'minor') \
                .map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html).join(' '))), \
            e => done([String(e)]))";
        let found = self.post("/execute/async", json!({ "script": script, "args": [] }));
        Some(found.as_array().into_iter().flatten().map(|fault| fault.as_str().unwrap_or("?").to_owned()).collect())
    }

    /// Whether the page is wider than its window.
    pub(crate) fn overflows(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth + 1";
        self.run(script) == Value::Bool(true)
    }

    /// The whole page as a picture in `target/console`.
    pub(crate) fn picture(&self, name: &str) {
        let answer = self.devtools(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true, "clip": self.whole_page() }),
        );
        let bytes = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default());
        let folder = pictures();
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), bytes.expect("a picture")).expect("it is written");
    }

    fn whole_page(&self) -> Value {
        // Longer pages are cut: a picture is for looking at.
        let script = "var e = document.documentElement; \
            return { x: 0, y: 0, width: e.clientWidth, height: Math.min(e.scrollHeight, 4000), scale: 1 }";
        self.run(script)
    }
}

impl Element<'_> {
    fn path(&self, what: &str) -> String {
        format!("/element/{}/{what}", self.id)
    }

    pub(crate) fn text(&self) -> String {
        self.window.get(&self.path("text"))
    }

    pub(crate) fn click(&self) {
        self.window.post(&self.path("click"), json!({}));
    }

    /// Writes into a field in place of what is there.
    pub(crate) fn write(&self, text: &str) {
        self.window.post(&self.path("clear"), json!({}));
        self.window.post(&self.path("value"), json!({ "text": text }));
    }

    pub(crate) fn attribute(&self, name: &str) -> String {
        self.window.get(&self.path(&format!("attribute/{name}")))
    }
}

/// Keys that write nothing.
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const DOWN: &str = "\u{e015}";
    pub(crate) const ESCAPE: &str = "\u{e00c}";
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console")
}

/// The checker of accessibility, which is not ours: a file named by the environment.
fn axe() -> Option<String> {
    let Some(path) = std::env::var_os("TICKETLEDGER_AXE") else {
        let required = std::env::var("TICKETLEDGER_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
        assert!(!required, "TICKETLEDGER_AXE names no file, and CI needs it");
        eprintln!("skipped: TICKETLEDGER_AXE does not name the file axe.min.js");
        return None;
    };
    Some(std::fs::read_to_string(path).expect("axe.min.js"))
}
