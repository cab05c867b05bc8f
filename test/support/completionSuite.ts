import { existsSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { type Completing, completing } from "./completing.ts"
import { describeWith } from "./needs.ts"

/** What every shell that completes sesh's words does, whatever it is and however it was told to. */
export const suite = (shell: Completing): void => {
  describeWith([...shell.needs, "tmux"], shell.name, () => {
    it("completes verbs and options", async () => {
      const { completes, lists, offersNothing } = await completing(shell)
      await completes("sesh --ki", "sesh --kill ")
      await completes("sesh dev --ki", "sesh dev --kill ")
      const all = await lists("sesh --", ["--kill", "--watch", "--exec", "--json", "--help", "--version"])
      expect(all).not.toMatch(/--names|--hosts|--print/)
      const ofExec = await lists("sesh --exec x --", ["--print", "--keep"])
      expect(ofExec).not.toMatch(/--kill|--json/)
      const ofExecPrinted = await lists("sesh --exec x --print -", ["--keep", "-C"])
      expect(ofExecPrinted).not.toMatch(/--print/)
      await completes("sesh --history dev --a", "sesh --history dev --ansi ")
      await completes("sesh --history dev ", "sesh --history dev --ansi ")
      await completes("sesh --send dev make --e", "sesh --send dev make --enter ")
      await completes("sesh --completions z", "sesh --completions zsh ")
      await offersNothing("sesh --kill dev --wa")
    })

    it("completes the names of sessions", async () => {
      const { completes, lists, offersNothing } = await completing(shell)
      expect(await lists("sesh d", ["dev", "dogs"])).not.toContain("a.b-c_d")
      await lists("sesh ", ["a.b-c_d", "dev", "dogs"])
      await completes("sesh de", "sesh dev ")
      await completes("sesh a", "sesh a.b-c_d ")
      await completes("sesh a.b-", "sesh a.b-c_d ")
      await completes("sesh -d do", "sesh -d dogs ")
      await completes("SOME=1 sesh de", "SOME=1 sesh dev ")
      for (const verb of ["--watch", "--detach", "--history", "--send", "--wait"]) {
        await completes(`sesh ${verb} de`, `sesh ${verb} dev `)
      }
      expect(await lists("sesh --kill dev ", ["a.b-c_d", "dogs"])).not.toContain("dev")
      await completes("sesh --kill dev dogs ", "sesh --kill dev dogs a.b-c_d ")
      await completes("sesh --kill dev d", "sesh --kill dev dogs ")
      await offersNothing("sesh --watch dev d")
      await offersNothing("sesh --exec do")
      await offersNothing("sesh --send dev d")
    })

    it("completes directories and files", async () => {
      const { completes, offersNothing } = await completing(shell)
      await completes("sesh dev pr", "sesh dev projects/")
      await completes("sesh dev ~/pro", "sesh dev ~/projects/")
      await completes("sesh new my", "sesh new my\\ dir/")
      await completes("sesh --exec x -C pr", "sesh --exec x -C projects/")
      await completes("sesh --import pros", "sesh --import prose ")
      await offersNothing("sesh dev projects pr")
    })

    it("completes a command, and what the command takes", async () => {
      const { completes, offersNothing } = await completing(shell)
      for (const begin of ["sesh x --", "sesh x projects --", "sesh --exec x --print -C bin --", "sesh @host x --"]) {
        await completes(`${begin} unus`, `${begin} unusual `)
        await completes(`${begin} unusual pros`, `${begin} unusual prose `)
        await completes(`${begin} bin/un`, `${begin} bin/unusual `)
        if (shell.knowsCommands) await completes(`${begin} sesh --wat`, `${begin} sesh --watch `)
      }
      await offersNothing("sesh --send dev -- unus")
    })

    it("offers after a host what does not need to be looked up there", async () => {
      const { completes, offersNothing } = await completing(shell)
      await completes("sesh @host --ki", "sesh @host --kill ")
      await completes("sesh @host --exec x --pr", "sesh @host --exec x --print ")
      await offersNothing("sesh @host de")
      await offersNothing("sesh @host --kill de")
      await offersNothing("sesh @host dev pr")
    })

    it("completes the names that a host had, and asks once", async () => {
      const { box, calls, completes, offersNothing } = await completing(shell)
      writeFileSync(path.join(box.home, "names@me@web.example"), "api\napple-pie\n")
      calls()
      await completes("sesh @me@web.example app", "sesh @me@web.example apple-pie ")
      expect(calls()).toEqual(["--names @me@web.example"])
      await completes("sesh @me@web.example --kill app", "sesh @me@web.example --kill apple-pie ")
      await completes("sesh --kill @me@web.example api ap", "sesh --kill @me@web.example api apple-pie ")
      await offersNothing("sesh @me@web.example de")
      await offersNothing("sesh app")
    })

    it("asks sesh once a Tab", async () => {
      const { calls, completes, lists, offersNothing } = await completing(shell)
      calls()
      await completes("sesh --kill dev do", "sesh --kill dev dogs ")
      expect(calls()).toEqual(["--names"])
      await offersNothing("sesh nope")
      expect(calls()).toEqual(["--names"])
      await lists("sesh d", ["dev", "dogs"])
      expect(calls()).toEqual(Array(shell.tabsToList).fill("--names"))
    })

    it("completes hosts that sesh knows, if they are nothing but names", async () => {
      const { box, completes, lists, offersNothing } = await completing(shell)
      writeFileSync(
        path.join(box.home, "hosts"),
        "host-1\nuser@host.example\n$(touch made)\nz;touch made\nz\u001b[2J\n"
      )
      await completes("sesh @ho", "sesh @host-1 ")
      await completes("sesh @user@h", "sesh @user@host.example ")
      await lists("sesh @", ["@host-1", "@user@host.example"])
      await completes("sesh --kill @ho", "sesh --kill @host-1 ")
      await completes("sesh -d @ho", "sesh -d @host-1 ")
      await offersNothing("sesh --completions @ho")
      await offersNothing("sesh --send dev @ho")
      await offersNothing("sesh @host-1 @ho")
      await offersNothing("sesh dev @ho")
      await offersNothing("sesh @z")
      expect(existsSync(path.join(box.home, "made"))).toBe(false)
    })

    it("says nothing where there is nothing, or no sesh", async () => {
      const { offersNothing, run } = await completing(shell)
      await offersNothing("sesh nope")
      await offersNothing("sesh @")
      await offersNothing("sesh @ho")
      await offersNothing("sesh --nope")
      await run(shell.withoutSesh ?? "PATH=/usr/bin:/bin")
      await offersNothing("sesh de")
      await offersNothing("sesh --kill de")
      await offersNothing("sesh @ho")
    })
  })
}

/** That the same script works in a shell that is set up in another way. */
export const brief = (shell: Completing): void => {
  describeWith([...shell.needs, "tmux"], shell.name, () => {
    it("completes verbs, names, directories and commands, and says nothing else", async () => {
      const { box, completes, lists, offersNothing, run } = await completing(shell)
      await completes("sesh --ki", "sesh --kill ")
      await completes("sesh --kill dev do", "sesh --kill dev dogs ")
      await completes("sesh a.b-", "sesh a.b-c_d ")
      expect(await lists("sesh d", ["dev", "dogs"])).not.toContain("a.b-c_d")
      await lists("sesh --exec x --", ["--print", "--keep"])
      await completes("sesh new my", "sesh new my\\ dir/")
      await completes("sesh x -- unus", "sesh x -- unusual ")
      await offersNothing("sesh nope")
      await offersNothing("sesh @ho")
      writeFileSync(path.join(box.home, "hosts"), "host-1\n")
      await completes("sesh @ho", "sesh @host-1 ")
      await run(shell.withoutSesh ?? "PATH=/usr/bin:/bin")
      await offersNothing("sesh de")
    })
  })
}
