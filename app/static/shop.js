// What a cached page cannot know: this visitor's cart, and whether ordering is open now.
"use strict";

const read = async (path) => {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
};
const one = (selector) => document.querySelector(selector);

const showStatus = (open, site) => {
  const label = one("[data-ordering]");
  label.textContent = open ? label.dataset.open : label.dataset.paused;
  one("[data-dot]").classList.toggle("open", open);
  one("[data-closed]").hidden = open || one("[data-notice]") !== null;
  const place = one("[data-site]");
  if (site) place.textContent = place.dataset.text.replace("{site}", site);
};

const refresh = () => {
  read("/api/cart").then(({ count }) => {
    const badge = one("[data-cart-count]");
    badge.textContent = count;
    badge.hidden = count === 0;
  }).catch(() => {});
  read("/api/status").then((status) => showStatus(status.ordering_open, status.site_label)).catch(() => showStatus(false));
};
refresh();

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.submit());
}
// A second click would be harmless (one cart is one order), but need not happen.
const buttons = (form, disabled) => form.querySelectorAll("button").forEach((button) => { button.disabled = disabled; });
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => setTimeout(() => buttons(form, true)));
  window.addEventListener("pagehide", () => buttons(form, false));
}
window.addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
