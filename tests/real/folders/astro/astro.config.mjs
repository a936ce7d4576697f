import preact from "@astrojs/preact";
import { defineConfig, passthroughImageService } from "astro/config";

export default defineConfig({
  integrations: [preact()],
  image: { service: passthroughImageService() },
  build: { inlineStylesheets: "never", assetsPrefix: undefined },
  vite: { build: { assetsInlineLimit: 0 } },
  devToolbar: { enabled: false },
});
