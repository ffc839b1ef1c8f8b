"""The narrow SECURITY DEFINER functions of identity: what must happen before, or above, a principal.

Each does one thing, takes secrets only as hashes, and belongs to `atelier_guard`, which has just the policies they need.
"""

from alembic import op
from policies import HERE, ME, definer

APP = "atelier_app"
BOTH = "atelier_app, atelier_worker"
_MAX_RANK = "coalesce(nullif(current_setting('app.max_rank', true), '')::smallint, 4)"

# Answers the workspace itself, so that a policy compares one uuid and evaluates this once a statement.
_WS = f"""
SELECT m.workspace_id FROM public.memberships m
WHERE m.user_id = {ME} AND m.workspace_id = {HERE} AND least(m.rank, {_MAX_RANK}) >= min_rank
"""

# The first statement of every transaction: says who is asking, and reads their role in the same round trip.
_ENTER = """
BEGIN
  PERFORM set_config('app.user_id', coalesce(me::text, ''), true),
          set_config('app.workspace_id', coalesce(here::text, ''), true),
          set_config('app.max_rank', at_most::text, true);
  IF session IS NOT NULL THEN
    PERFORM 1 FROM public.sessions s
    WHERE s.id = session AND s.user_id = me AND s.revoked_at IS NULL AND s.expires_at > now();
    session_ended := NOT FOUND;
  END IF;
  SELECT m.role, m.permissions INTO role, permissions
  FROM public.memberships m WHERE m.user_id = me AND m.workspace_id = here;
END
"""

# The same answer without a transaction to prepare: what authentication asks first.
_STANDING = """
BEGIN
  session_ended := session IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.sessions s
    WHERE s.id = session AND s.user_id = me AND s.revoked_at IS NULL AND s.expires_at > now());
  SELECT m.role, m.permissions INTO role, permissions
  FROM public.memberships m WHERE m.user_id = me AND m.workspace_id = here;
END
"""

_KEY = """
SELECT k.id, k.user_id, k.workspace_id, k.role, m.role,
  k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute'
FROM public.api_keys k JOIN public.memberships m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id
WHERE k.key_hash = hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
"""

_LOGIN = """
SELECT u.id, u.password_hash,
  (SELECT m.workspace_id FROM public.memberships m WHERE m.user_id = u.id
   ORDER BY m.workspace_id = u.last_workspace_id DESC NULLS LAST, m.created_at, m.workspace_id LIMIT 1)
FROM public.users u WHERE lower(u.email) = lower(address)
"""

# The lock makes "the first user" one user, however many arrive at once.
_REGISTER = """
DECLARE here uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('atelier.register', 0));
  IF NOT everyone AND EXISTS (SELECT 1 FROM public.users) AND NOT EXISTS (
      SELECT 1 FROM public.invitations i WHERE i.token_hash = invitation AND i.email = address
      AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()) THEN
    RETURN 'closed';
  END IF;
  INSERT INTO public.users (id, email, name, password_hash) VALUES (me, address, label, password) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN 'taken'; END IF;
  RETURN 'registered';
END
"""

_FOUND = f"""
BEGIN
  IF {ME} IS NULL THEN RAISE insufficient_privilege USING MESSAGE = 'nobody cannot found a workspace'; END IF;
  INSERT INTO public.workspaces (id, name) VALUES (workspace, label);
  INSERT INTO public.memberships (workspace_id, user_id, role) VALUES (workspace, {ME}, 'owner');
END
"""

# A used token within the grace, whose successor is still unused, gets that same successor again; any other reuse ends the session.
_ROTATE = """
DECLARE t public.refresh_tokens; s public.sessions;
BEGIN
  SELECT * INTO t FROM public.refresh_tokens r WHERE r.token_hash = old_hash FOR UPDATE;
  IF NOT FOUND THEN outcome := 'unknown'; RETURN; END IF;
  SELECT * INTO s FROM public.sessions x WHERE x.id = t.session_id FOR UPDATE;
  user_id := s.user_id; session_id := s.id;
  SELECT m.workspace_id INTO workspace_id FROM public.memberships m
  WHERE m.user_id = s.user_id ORDER BY m.workspace_id = s.workspace_id DESC NULLS LAST, m.created_at, m.workspace_id LIMIT 1;
  IF s.revoked_at IS NOT NULL THEN outcome := 'ended'; RETURN; END IF;
  IF t.used_at IS NOT NULL THEN
    IF t.used_at > now() - grace AND s.client = from_client AND EXISTS (
        SELECT 1 FROM public.refresh_tokens n WHERE n.token_hash = t.successor_hash AND n.used_at IS NULL) THEN
      outcome := 'same'; sealed := t.sealed_successor; RETURN;
    END IF;
    UPDATE public.sessions x SET revoked_at = now(), revoked_because = 'a refresh token was used twice' WHERE x.id = s.id;
    outcome := 'reused'; RETURN;
  END IF;
  IF t.expires_at < now() OR s.expires_at < now() THEN outcome := 'expired'; RETURN; END IF;
  UPDATE public.refresh_tokens r SET used_at = clock_timestamp(), successor_hash = new_hash, sealed_successor = new_sealed
  WHERE r.token_hash = old_hash;
  INSERT INTO public.refresh_tokens (token_hash, user_id, session_id, expires_at)
  VALUES (new_hash, s.user_id, s.id, least(now() + idle, s.expires_at));
  outcome := 'rotated'; sealed := new_sealed;
END
"""

_END_SESSION = """
UPDATE public.sessions s SET revoked_at = now(), revoked_because = 'signed out'
FROM public.refresh_tokens t
WHERE t.token_hash = hash AND s.id = t.session_id AND s.revoked_at IS NULL
RETURNING s.user_id, s.workspace_id
"""

# Bound to the invited address: a leaked link is of no use to another account.
_ACCEPT = f"""
DECLARE i public.invitations;
BEGIN
  SELECT * INTO i FROM public.invitations x WHERE x.token_hash = hash FOR UPDATE;
  IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM public.users u WHERE u.id = {ME} AND u.email = i.email) THEN
    outcome := 'unknown'; RETURN;
  END IF;
  IF i.accepted_at IS NOT NULL OR i.revoked_at IS NOT NULL OR i.expires_at < now()
     OR NOT EXISTS (SELECT 1 FROM public.workspaces w WHERE w.id = i.workspace_id AND w.deleted_at IS NULL) THEN outcome := 'over'; RETURN; END IF;
  INSERT INTO public.memberships (workspace_id, user_id, role) VALUES (i.workspace_id, {ME}, i.role)
  ON CONFLICT DO NOTHING;
  UPDATE public.invitations x SET accepted_at = now() WHERE x.id = i.id;
  outcome := 'accepted'; workspace_id := i.workspace_id; role := i.role; invitation_id := i.id;
END
"""

# Locks the workspace first, so that two owners cannot step down past each other.
_OWNER_STAYS = """
BEGIN
  IF OLD.role <> 'owner' OR (TG_OP = 'UPDATE' AND NEW.role = 'owner') THEN RETURN NULL; END IF;
  PERFORM 1 FROM public.workspaces w WHERE w.id = OLD.workspace_id AND w.deleted_at IS NULL FOR NO KEY UPDATE;
  IF FOUND AND NOT EXISTS (SELECT 1 FROM public.memberships m WHERE m.workspace_id = OLD.workspace_id AND m.role = 'owner') THEN
    RAISE check_violation USING MESSAGE = 'a workspace keeps an owner', CONSTRAINT = 'ck_memberships_last_owner';
  END IF;
  RETURN NULL;
END
"""

_TICKET = """
DELETE FROM public.ws_tickets t WHERE t.ticket_hash = hash
RETURNING t.user_id, t.workspace_id, t.max_rank, t.session_id, t.api_key_id, t.expires_at > now()
"""

_SWEEP = """
WITH keys AS (DELETE FROM public.idempotency_keys WHERE created_at < now() - interval '24 hours' RETURNING 1),
tickets AS (DELETE FROM public.ws_tickets WHERE expires_at < now() - interval '1 minute' RETURNING 1),
ended AS (DELETE FROM public.sessions WHERE expires_at < now() - interval '7 days' RETURNING 1),
asked AS (DELETE FROM public.invitations WHERE expires_at < now() - interval '30 days' RETURNING 1)
SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM tickets) + (SELECT count(*) FROM ended)
  + (SELECT count(*) FROM asked)
"""

_AUDIT_CONTENT = """
SELECT convert_to(string_agg(CASE WHEN v IS NULL THEN '-' ELSE octet_length(v) || ':' || v END, '' ORDER BY n), 'UTF8')
FROM unnest(ARRAY[e.workspace_id::text, at_seq::text, e.id::text, trunc(extract(epoch FROM e.at) * 1000000)::bigint::text,
  e.actor_id::text, e.api_key_id::text, e.action, e.object_type, e.object_id, e.facts, e.request_id, e.ip_prefix])
  WITH ORDINALITY AS field (v, n)
"""

# At most 999 entries a call, so that no backlog meets the time limit of a statement; the caller comes again after its commit.
_SEAL = """
DECLARE w uuid; head public.audit_heads; e public.audit_entries; total bigint := 0;
BEGIN
  FOR w IN SELECT DISTINCT a.workspace_id FROM public.audit_entries a WHERE a.seq IS NULL LIMIT 200 LOOP
    INSERT INTO public.audit_heads (workspace_id) VALUES (w) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM public.audit_heads h WHERE h.workspace_id = w FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    FOR e IN SELECT * FROM public.audit_entries a WHERE a.workspace_id = w AND a.seq IS NULL ORDER BY a.at, a.id LIMIT 500 LOOP
      head.seq := head.seq + 1;
      head.hash := sha256(head.hash || app.audit_content(e, head.seq));
      UPDATE public.audit_entries a SET seq = head.seq, hash = head.hash WHERE a.workspace_id = w AND a.id = e.id;
      total := total + 1;
    END LOOP;
    UPDATE public.audit_heads h SET seq = head.seq, hash = head.hash WHERE h.workspace_id = w;
    EXIT WHEN total >= 500;
  END LOOP;
  RETURN total;
END
"""

_AUDIT_IS_KEPT = """
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL
     AND (to_jsonb(OLD) - '{seq,hash}'::text[]) = (to_jsonb(NEW) - '{seq,hash}'::text[]) THEN RETURN NEW; END IF;
  RAISE insufficient_privilege USING MESSAGE = 'audit entries are neither changed nor removed';
END
"""


def create_functions() -> None:
    definer("ws(min_rank smallint)", _WS, returns="uuid", to=BOTH, volatility="STABLE")
    definer(
        "enter(me uuid, here uuid, at_most smallint, session uuid,"
        " OUT role text, OUT permissions text[], OUT session_ended boolean)",
        _ENTER, returns="record", to=BOTH, language="plpgsql",
    )  # fmt: skip
    definer(
        "key(hash bytea)", _KEY, to=APP, volatility="STABLE",
        returns="TABLE (key_id uuid, user_id uuid, workspace_id uuid, cap text, role text, stale boolean)",
    )  # fmt: skip
    definer(
        "standing(me uuid, here uuid, session uuid,"
        " OUT role text, OUT permissions text[], OUT session_ended boolean)",
        _STANDING, returns="record", to=APP, language="plpgsql", volatility="STABLE",
    )  # fmt: skip
    definer(
        "touch_key(key_id uuid)", "UPDATE public.api_keys SET last_used_at = now() WHERE id = key_id",
        returns="void", to=APP,
    )  # fmt: skip
    definer(
        "login(address text)", _LOGIN, to=APP, volatility="STABLE",
        returns="TABLE (user_id uuid, password_hash text, workspace_id uuid)",
    )  # fmt: skip
    definer(
        "register(me uuid, address text, label text, password text, everyone boolean, invitation bytea)",
        _REGISTER, returns="text", to=APP, language="plpgsql",
    )  # fmt: skip
    definer("found(workspace uuid, label text)", _FOUND, returns="void", to=APP, language="plpgsql")
    _session_functions()
    _audit_functions()
    op.execute(
        f"CREATE FUNCTION app.owner_stays() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''"
        f" AS $function$ {_OWNER_STAYS} $function$"
    )
    op.execute(
        "CREATE TRIGGER owner_stays AFTER UPDATE OR DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION app.owner_stays()"
    )
    op.execute("REVOKE ALL ON FUNCTION app.owner_stays FROM PUBLIC")
    op.execute("ALTER FUNCTION app.owner_stays OWNER TO atelier_guard")


def _session_functions() -> None:
    definer(
        "rotate(old_hash bytea, new_hash bytea, new_sealed bytea, from_client text, idle interval, grace interval,"
        " OUT outcome text, OUT user_id uuid, OUT workspace_id uuid, OUT session_id uuid, OUT sealed bytea)",
        _ROTATE, returns="record", to=APP, language="plpgsql",
    )  # fmt: skip
    definer(
        "end_session(hash bytea)",
        _END_SESSION,
        returns="TABLE (user_id uuid, workspace_id uuid)",
        to=APP,
    )
    definer(
        "accept_invitation(hash bytea, OUT outcome text, OUT workspace_id uuid, OUT role text, OUT invitation_id uuid)",
        _ACCEPT, returns="record", to=APP, language="plpgsql",
    )  # fmt: skip
    definer(
        "redeem_ticket(hash bytea)", _TICKET, to=APP,
        returns="TABLE (user_id uuid, workspace_id uuid, max_rank smallint, session_id uuid, api_key_id uuid, valid boolean)",
    )  # fmt: skip
    definer("sweep_identity()", _SWEEP, returns="bigint", to=BOTH)


def _audit_functions() -> None:
    op.execute(
        "CREATE FUNCTION app.audit_content(e public.audit_entries, at_seq bigint) RETURNS bytea LANGUAGE sql STABLE"
        f" SET search_path = '' AS $function$ {_AUDIT_CONTENT} $function$"
    )
    definer("seal_audit()", _SEAL, returns="bigint", to=BOTH, language="plpgsql")
    op.execute(
        f"CREATE FUNCTION app.audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $function$ {_AUDIT_IS_KEPT} $function$"
    )
    op.execute(
        "CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION app.audit_is_kept();"
        "CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit_entries EXECUTE FUNCTION app.audit_is_kept()"
    )


def drop_functions() -> None:
    op.execute("DROP SCHEMA app CASCADE; CREATE SCHEMA app")
