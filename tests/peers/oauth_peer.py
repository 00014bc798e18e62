"""A client of OAuth2 that this project did not write logs in to the fake Canvas.

Usage: oauth_peer.py FACTS

FACTS is the line of JSON that `fake_canvas --json --key REDIRECT_URI` prints.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # it is loopback here

import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

steps = 0


def step(text, holds):
    global steps
    steps += 1
    print(f"{'ok' if holds else 'FAILED':>6}  {text}")
    if not holds:
        sys.exit(1)


def log_in(facts):
    key, url = facts["key"], facts["url"]
    endpoint = f"{url}/login/oauth2/token"
    session = OAuth2Session(key["client_id"], redirect_uri=key["redirect_uri"], pkce="S256")
    session.headers["User-Agent"] = "peer"
    address, state = session.authorization_url(f"{url}/login/oauth2/auth")
    # The browser: it is sent back with a code, since the person agrees.
    sent = requests.get(address, headers={"User-Agent": "browser"}, allow_redirects=False)
    step("is sent on to a page of the login", sent.status_code == 302)
    back = sent.headers["location"]
    step("and comes back with its state", parse_qs(urlsplit(back).query)["state"] == [state])
    fetch = {
        "authorization_response": back,
        "client_secret": key["client_secret"],
        "include_client_id": True,
    }
    token = session.fetch_token(endpoint, **fetch)
    step("gets an access token and one to renew it", {"access_token", "refresh_token"} <= set(token))
    course = session.get(f"{url}/api/v1/courses/{facts['course']}")
    step("which is good for a course", course.json()["id"] == facts["course"])
    try:
        session.fetch_token(endpoint, **fetch)
        again = None
    except InvalidGrantError as error:
        again = error
    step("is refused the same code a second time", again is not None)
    renewed = session.refresh_token(
        endpoint,
        refresh_token=token["refresh_token"],
        client_id=key["client_id"],
        client_secret=key["client_secret"],
    )
    step("renews the token", renewed["access_token"] != token["access_token"])
    groups = session.get(f"{url}/api/v1/courses/{facts['course']}/groups")
    step("which is good for its groups", groups.status_code == 200)


if __name__ == "__main__":
    log_in(json.loads(sys.argv[1]))
    print(f"{steps} steps ok")
