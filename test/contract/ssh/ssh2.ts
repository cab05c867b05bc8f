/** Declares the tests of the ssh2 layer. */
import { ssh2Hosts } from "../../fixtures/sshHosts.ts"
import { testOn } from "./real.ts"

export const test = testOn(ssh2Hosts)
