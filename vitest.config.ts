import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    pool: "forks",
    globalSetup: "test/support/untouched.ts",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          testTimeout: 30_000,
          // One a core: vitest's own default leaves one of two cores idle.
          maxWorkers: "100%",
          sequence: { groupOrder: 0 }
        }
      },
      {
        // Real terminals and processes: they mostly wait, so more run at once than there are cores,
        // and what they wait for takes its time on a busy machine.
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
