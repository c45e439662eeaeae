// Runs Lighthouse over pages, as a phone shows them, in a browser that runs already; prints a line of JSON for each.
//   node audit.mjs PORT CATEGORIES URL…
// PORT is the browser's debugging port: whoever started it decides who is signed in there and which hosts it may reach.
// Throttling is simulated where performance is asked for, and none otherwise. Nothing is told to anybody.
import lighthouse from "lighthouse";

const [port, categories, ...urls] = process.argv.slice(2);
const onlyCategories = categories.split(",");

const isWanting = ({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative";

for (const url of urls) {
  const { lhr, artifacts } = await lighthouse(url, {
    port: Number(port),
    logLevel: "error",
    onlyCategories,
    formFactor: "mobile",
    throttlingMethod: onlyCategories.includes("performance") ? "simulate" : "provided",
    // Pages after sign-in need what signing in has left in the browser.
    disableStorageReset: true,
    disableFullPageScreenshot: true,
  });
  const requests = artifacts.DevtoolsLog.filter(({ method }) => method === "Network.requestWillBeSent");
  const addresses = requests.map(({ params }) => new URL(params.request.url));
  const report = {
    url: lhr.finalDisplayedUrl,
    fault: lhr.runtimeError?.code ?? null,
    scores: Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)])),
    wanting: Object.values(lhr.audits).filter(isWanting).map(({ id, displayValue }) => `${id} ${displayValue ?? ""}`.trim()),
    hosts: [...new Set(addresses.filter(({ protocol }) => protocol.startsWith("http")).map(({ host }) => host))],
  };
  console.log(JSON.stringify(report));
}
