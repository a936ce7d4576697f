import "./main.css";
import photo from "./photo.png";
import { count } from "./shared.js";

const app = document.querySelector("#app");
app.innerHTML = `<h1>Vite</h1><img src="${photo}" alt=""><img src="/img/by-name.png" alt=""><div id="late"></div><p id="worker"></p>`;
count();
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = (event) => (document.querySelector("#worker").textContent = event.data);
worker.postMessage(6);
const { show } = await import("./late.js");
show(document.querySelector("#late"));
document.body.dataset.ready = "yes";
