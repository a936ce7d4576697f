export default function (config) {
  config.addPassthroughCopy("src/img");
  config.addPassthroughCopy("src/site.css");
  config.addPassthroughCopy("src/print.css");
  config.addPassthroughCopy("src/site.js");
  return { dir: { input: "src" } };
}
