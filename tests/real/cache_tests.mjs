// Runs the npm package `http-cache-tests` through a proxy. In: {"proxy": URL} on standard input; out: for every test that is
// not for browsers {id: {kind, needs, result}}, where result is true or [kind of failure, words].
import fetch from 'node-fetch'
import { getResults, runTests } from 'http-cache-tests/client/runner.mjs'
import suites from 'http-cache-tests/tests/index.mjs'

let question = ''
for await (const piece of process.stdin) question += piece
// The harness speaks on standard output, which is for the answer.
console.log = console.error

await runTests(suites, fetch, false, JSON.parse(question).proxy)
const results = getResults()
const answer = {}
for (const test of suites.flatMap(suite => suite.tests)) {
  if (test.browser_only) continue
  answer[test.id] = { kind: test.kind ?? 'required', needs: test.depends_on ?? [], result: results[test.id] ?? ['Missing', ''] }
}
process.stdout.write(JSON.stringify(answer))
