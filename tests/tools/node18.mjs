// Two things that Node 20 has and Node 18 (Debian 12) lacks, for packages that need them. Import it before those.

import { File } from 'node:buffer';

globalThis.File ??= File;
String.prototype.toWellFormed ??= function toWellFormed() {
  return String(this).replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
};
