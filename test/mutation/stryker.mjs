/**
 * Settings of the mutation tester for one part of the source. docs/reliability.md says what it is for.
 *
 * @param {string} part names the tests, by vitest.<part>.ts, and the reports
 * @param {string[]} files what is mutated
 */
export function mutate(part, files) {
  return {
    mutate: files,
    testRunner: 'vitest',
    vitest: { configFile: `test/mutation/vitest.${part}.ts`, related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    coverageAnalysis: 'perTest',
    // Stryker 9 asks typescript for an API that version 7 does not have, unless this file does not exist.
    tsconfigFile: 'none',
    ignorePatterns: ['/dist', '/logs', '/docs', '/coverage', '/reports', '/.bench-*'],
    // The test runner needs only one core; timed tests become unreliable if there are more runners than that.
    concurrency: 2,
    // Added to 1.5 times the tests' normal duration. If it were shorter, a slow machine would count as a kill.
    timeoutMS: 5_000,
    // The next run tests only mutants whose source or tests have changed.
    incremental: true,
    incrementalFile: `reports/mutation/${part}.incremental.json`,
    reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
    jsonReporter: { fileName: `reports/mutation/${part}.json` },
    htmlReporter: { fileName: `reports/mutation/${part}.html` },
    clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
    thresholds: { high: 95, low: 90, break: 90 },
  }
}
