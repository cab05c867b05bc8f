/** Where ssh's sockets are when they cannot be beside the sessions. */
import * as Path from "node:path"
import { isOwnDirectory, makeOwnDirectory } from "../../system/ownDirectory.ts"
import { otherOwner } from "../../system/ownership.ts"
import { quietly } from "../../system/quietly.ts"
import { hasRoom } from "./controlDir.ts"

interface Login {
  readonly env: Readonly<Record<string, string | undefined>>
  /** As Node has it. */
  readonly platform: string
  readonly uid: number
}

/** A directory of this login alone; undefined where there is none. */
export const loginDir = ({ env }: Login): string | undefined => {
  const dir = env["XDG_RUNTIME_DIR"] ?? ""
  return Path.isAbsolute(dir) && quietly(() => isOwnDirectory(dir), false) ? Path.join(dir, "sesh") : undefined
}

/**
 * The directory itself, if ssh's sockets fit in: their names are longer than those of sessions. Else one of the
 * login's, or one of the user's own below `TMPDIR` or `/tmp`, as tmux has. Where neither will do, the directory itself.
 */
export const placeWithRoom = (dir: string, login: Login): string => {
  const { env, platform, uid } = login
  if (hasRoom(dir, platform)) return dir
  const short = loginDir(login) ?? Path.join(env["TMPDIR"] || "/tmp", `sesh-${uid}`)
  const isOurs = () => {
    makeOwnDirectory(short)
    return otherOwner(short, uid) === undefined
  }
  return hasRoom(short, platform) && quietly(isOurs, false) ? short : dir
}
