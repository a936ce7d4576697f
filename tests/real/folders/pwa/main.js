import { registerSW } from "virtual:pwa-register";

registerSW({ immediate: true });
navigator.serviceWorker.ready.then(() => {
  document.querySelector("#state").textContent = "worker ready";
  document.body.dataset.ready = "yes";
});
