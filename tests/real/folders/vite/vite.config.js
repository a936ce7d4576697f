export default { build: { assetsInlineLimit: 0, sourcemap: true, modulePreload: { polyfill: true } } };
