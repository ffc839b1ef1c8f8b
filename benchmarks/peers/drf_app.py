"""The list of templates on Django REST framework, with the features of ours.

EdDSA bearer token, membership looked up per request, row-level security through set_config in the
request's transaction, keyset cursor pages, the same fields. Run: `gunicorn drf_app:application`.
"""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django
import jwt
from django.conf import settings

_url = urlsplit(os.environ["PEER_DATABASE_URL"])
settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=[],
    INSTALLED_APPS=["rest_framework"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path.lstrip("/"),
            "USER": _url.username,
            "PASSWORD": _url.password or "",
            "HOST": parse_qs(_url.query).get("host", [_url.hostname or ""])[0],
            "CONN_MAX_AGE": None,
            "ATOMIC_REQUESTS": True,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, pagination, permissions, serializers  # noqa: E402
from rest_framework.authentication import BaseAuthentication  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed  # noqa: E402

PUBLIC_KEY = Path(os.environ["PEER_PUBLIC_KEY"]).read_bytes()


class Template(models.Model):  # noqa: DJ008 - nobody prints it
    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField()
    name = models.TextField()
    description = models.TextField()
    active_number = models.IntegerField(null=True)
    latest_number = models.IntegerField()
    created_by = models.UUIDField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "templates"


class Member:
    is_authenticated = True

    def __init__(self, user_id, workspace_id, role):
        self.user_id, self.workspace_id, self.role = user_id, workspace_id, role


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return None
        try:
            claims = jwt.decode(
                token, PUBLIC_KEY, algorithms=["EdDSA"], audience=os.environ["PEER_AUDIENCE"]
            )
        except jwt.InvalidTokenError as error:
            raise AuthenticationFailed(str(error)) from error
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.user_id', %s, true),"
                " set_config('app.workspace_id', %s, true)",
                (claims["sub"], claims[os.environ["PEER_WORKSPACE_CLAIM"]]),
            )
            cursor.execute(
                "SELECT role FROM memberships WHERE user_id = %s AND workspace_id = %s",
                (claims["sub"], claims[os.environ["PEER_WORKSPACE_CLAIM"]]),
            )
            row = cursor.fetchone()
        if row is None:
            raise AuthenticationFailed("no longer a member")
        return Member(claims["sub"], claims[os.environ["PEER_WORKSPACE_CLAIM"]], row[0]), claims


class IsMember(permissions.BasePermission):
    def has_permission(self, request, view):
        return request.user is not None and request.user.role in {
            "viewer",
            "editor",
            "admin",
            "owner",
        }


class TemplateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Template
        fields = (
            "id",
            "name",
            "description",
            "active_number",
            "latest_number",
            "created_by",
            "created_at",
            "updated_at",
            "archived_at",
        )


class Pages(pagination.CursorPagination):
    page_size = 50
    ordering = ("-created_at", "-id")


class Templates(generics.ListAPIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsMember,)
    serializer_class = TemplateSerializer
    pagination_class = Pages

    def get_queryset(self):
        return Template.objects.filter(
            workspace_id=self.request.user.workspace_id, archived_at__isnull=True
        )


urlpatterns = [path("v1/templates", Templates.as_view())]
application = get_wsgi_application()
